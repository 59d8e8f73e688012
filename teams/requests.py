"""The request as the portal's pages get it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from teams.models import Organisation, Person


class PortalRequest(HttpRequest):
    """A request of somebody signed in: teams/middleware.py lets nobody else through to a page."""

    user: Person  # type: ignore[assignment]
    htmx: HtmxDetails
    organisation: Organisation
