"""The template tags that every page may use; they are built in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from core import charts, clock, content, sizes, unsent
from core.figures import Figure
from core.spans import days_text, list_text

register = template.Library()


@register.inclusion_tag("_unsent.html", takes_context=True, name="unsent")
def typed_in_vain(context: template.Context) -> dict[str, Any]:
    """What the request's form held that could not be taken (core/unsent.py); nothing where it held nothing."""
    request = context.get("request")
    return {"unsent": unsent.of(request) if request else None, "csrf_token": context.get("csrf_token")}


@register.simple_tag(takes_context=True)
def may_be_sent_again(context: template.Context) -> bool:
    """Whether `unsent` offers to."""
    found = unsent.of(context["request"]) if context.get("request") else None
    return found is not None and found.may_send


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """An icon of the sprite; frontend/icons.txt lists them. It is decoration: put the word beside it."""
    return format_html(
        '<svg class="p-ic" width="{0}" height="{0}" aria-hidden="true" focusable="false"><use href="{1}#i-{2}"/></svg>',
        size,
        static("build/icons.svg"),
        name,
    )


@register.inclusion_tag("core/_chart.html")
def chart(made: charts.Chart) -> dict[str, Any]:
    """A chart with its text alternative, caption, data table and CSV."""
    return {"chart": made, "json": charts.to_json(made), "json_id": f"chart-{made.id}"}


@register.filter
def day(value: date | datetime | None) -> str:
    """A day as the reader writes it: 23 Nov 2026, 2026年11月23日."""
    return date_format(_local(value), "DATE_FORMAT") if value else ""


@register.filter
def short_day(value: date | datetime | None) -> str:
    """A day of a known year: 23 Nov, 11月23日."""
    return date_format(_local(value), "MONTH_DAY_FORMAT") if value else ""


@register.filter
def until(first: date, last: date) -> str:
    """A span of days: {{ first|until:last }}."""
    return days_text(first, last)


@register.filter
def listed(parts: Iterable[object]) -> str:
    """Words in a row, with the comma of the reader's language."""
    return list_text(parts)


@register.filter
def size_text(size: float) -> str:
    """A number of bytes."""
    return sizes.size_text(size)


@register.filter
def isolated(name: object) -> str:
    """A name in a translated sentence: one written from right to left leaves the numbers beside it where they are."""
    return format_html("<bdi>{}</bdi>", name)


@register.filter
def instant(value: datetime | None) -> str:
    """Day and time in the reader's time zone, with its offset in the hour that clocks show twice."""
    if not value:
        return ""
    local = timezone.localtime(value)
    text = date_format(local, "DATETIME_FORMAT")
    return f"{text} ({local.isoformat()[-6:]})" if clock.shown_twice(local) else text


def _local(value: date | datetime) -> date | datetime:
    return timezone.localtime(value) if isinstance(value, datetime) else value


@register.filter
def in_language(entry: dict[str, str]) -> str:
    """A text of the content files, {"en": …, "ja": …}, in the reader's language."""
    return content.text(entry)


@register.filter
def web_link(url: str) -> str:
    """The address if it is http(s), else "": what people or hosts wrote becomes a link only then."""
    return url if urlsplit(url or "").scheme in ("http", "https") else ""


@register.filter
def shown_as(value: float | None, figure: Figure) -> str:
    """A figure's value as people read it: "46%", "1.5"; "no data" where there is none."""
    if value is None:
        return gettext("no data")
    if figure.is_share:
        return f"{number_format(round(100 * value))}%"  # number_format itself cuts off
    return number_format(round(value, 1), None if value % 1 else 0)


@register.filter
def percent_of(part: float, whole: float) -> str:
    """`part` of `whole` as an SVG width, "45.5%"; "0%" of nothing."""
    return f"{100 * part / whole:.1f}%" if whole else "0%"


@register.filter
def coded(text: str) -> SafeString:
    """A text in which `backticks` mark code, with <code> in their place; everything else is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # the last one was never closed
        parts[-2:] = ["`".join(parts[-2:])]
    shapes = ("{}", "<code>{}</code>")
    return format_html_join("", "{}", ((format_html(shapes[number % 2], part),) for number, part in enumerate(parts)))


@register.filter
def may(user: Any, permission: str) -> bool:
    """Whether the person may do an organisation-wide action, for menus; views check again."""
    return bool(user.is_authenticated and user.has_perm(permission))


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """The present address with query parameters changed; None removes one."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else request.path


@register.simple_tag(takes_context=True)
def file_url(context: template.Context, kind: str, of: str = "", table: str = "") -> str:
    """Where a list is had as a file, "csv" or "xlsx": the address `of` it, else the present page as it is filtered, all of it.

    `table` names one of several lists of a page.
    """
    path, _mark, query = of.partition("?") if of else (context["request"].path, "", "")
    asked = QueryDict(query, mutable=True) if of else context["request"].GET.copy()
    for name in ("page", "at", "table"):
        asked.pop(name, None)
    asked["format"] = kind
    if table:
        asked["table"] = table
    return f"{path}?{asked.urlencode()}"
