"""The house itself: settings, addresses, the Celery app, the API router."""

from mlops_portal.celery import app as celery_app

__all__ = ["celery_app"]
