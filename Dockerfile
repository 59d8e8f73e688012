# One image for web, worker and beat; docker-compose.yml says which is which. And one for the proxy in front of them.

FROM node:22.20-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY frontend frontend
RUN node frontend/build.mjs

# Caddy as a user of its own: it listens above 1024, so it needs no right of root's, and its certificates are its own.
FROM caddy:2.10.2 AS proxy
COPY Caddyfile /etc/caddy/Caddyfile
RUN setcap -r /usr/bin/caddy && mkdir -p /data /config && chown 10002:10002 /data /config
USER 10002:10002

FROM python:3.11-slim-bookworm AS portal
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
COPY --from=front-end /app/static/build static/build
# The keys are only there for the settings to load; the image holds none. All that runs belongs to root and is read only;
# what is written goes to the places that the compose file mounts.
RUN python -m ops.messages compile \
    && SECRET_KEY=none ENCRYPTION_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= python -m ops.prepare static \
    && python -m compileall -q -j 0 . \
    && mkdir -p var/run var/archives/uploading \
    && groupadd --gid 10001 portal \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin portal \
    && chown -R portal:portal var/run var/archives
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "mlops_portal.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "25", "--worker-tmp-dir", "/tmp", "--no-control-socket"]
