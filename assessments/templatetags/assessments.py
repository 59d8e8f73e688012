"""Template filters of the maturity pages."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from assessments import library
from core.content import text

register = template.Library()


@register.filter
def criterion_title(criterion_id: str) -> str:
    found = library.load().criterion(criterion_id)
    return text(found.title) if found else criterion_id


@register.filter
def slug_id(criterion_id: str) -> str:
    """A criterion's id as the id of its row in the page."""
    return criterion_id.replace(".", "-")


@register.filter
def time_of_day(value: datetime) -> str:
    """In the reader's time zone."""
    return date_format(timezone.localtime(value), "TIME_FORMAT")
