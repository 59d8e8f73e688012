# One image for web, worker and beat; docker-compose.yml says which is which.

FROM node:22-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend frontend
RUN node frontend/build.mjs

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
COPY --from=front-end /app/static/build static/build
# The keys are only there for the settings to load; the image holds none.
RUN python -m ops.messages compile \
    && SECRET_KEY=none ENCRYPTION_KEYS=none python -m ops.prepare static \
    && mkdir -p var/run \
    && useradd --system portal \
    && chown -R portal var
USER portal
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "mlops_portal.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"]
