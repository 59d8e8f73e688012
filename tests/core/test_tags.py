from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from core.figures import Figure
from core.templatetags import portal


@pytest.mark.parametrize(
    ("language", "day", "short", "instant"),
    [
        ("en", "23 Nov 2026", "23 Nov", "23 Nov 2026, 18:05"),
        ("ja", "2026年11月23日", "11月23日", "2026年11月23日 18:05"),
    ],
)
def test_dates_are_written_as_the_reader_does(language: str, day: str, short: str, instant: str) -> None:
    with translation.override(language), timezone.override("Asia/Tokyo"):
        assert portal.day(date(2026, 11, 23)) == day
        assert portal.short_day(date(2026, 11, 23)) == short
        assert portal.instant(datetime(2026, 11, 23, 9, 5, tzinfo=UTC)) == instant


def test_an_hour_that_clocks_show_twice_has_its_offset() -> None:
    with timezone.override("Europe/Berlin"):
        shown = [portal.instant(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1, 2)]
    assert shown == ["25 Oct 2026, 02:30 (+02:00)", "25 Oct 2026, 02:30 (+01:00)", "25 Oct 2026, 03:30"]


@pytest.mark.parametrize(
    ("url", "link"),
    [("https://x.example/1", "https://x.example/1"), ("javascript:alert(1)", ""), ("data:text/html,x", ""), ("", "")],
)
def test_only_web_addresses_become_links(url: str, link: str) -> None:
    assert portal.web_link(url) == link


def test_percent_of_nothing_is_nothing() -> None:
    assert portal.percent_of(5, 11) == "45.5%"
    assert portal.percent_of(0, 0) == "0%"


def test_a_chart_brings_its_words_and_its_table() -> None:
    from core import charts

    made = charts.Chart(
        "burn-up",
        charts.figure(),
        "3 of 12 <done>",
        "Items",
        ["Day", "Done"],
        [["1 Apr", 0], [charts.Link("2 Apr", "/x"), None]],
    )
    html = Template("{% chart made %}").render(Context({"made": made}))
    assert 'aria-label="3 of 12 &lt;done&gt;"' in html
    assert '<a href="/x">2 Apr</a>' in html
    assert "<td>–</td>" in html
    assert '<script id="chart-burn-up" type="application/json">' in html


def test_a_figures_value_is_written_as_people_read_it() -> None:
    def figure(**more: bool) -> Figure:
        return Figure("x", "X", "h", "more", values=lambda *_: {}, pooled=lambda *_: None, **more)

    assert portal.shown_as(None, figure()) == "no data"
    assert portal.shown_as(0.4567, figure(is_share=True)) == "46%"
    assert portal.shown_as(12.34, figure()) == "12.3"
    assert portal.shown_as(3.0, figure()) == "3"


def test_a_span_of_days_can_be_written_in_a_template() -> None:
    assert portal.until(date(2026, 4, 1), date(2027, 3, 31)) == "1 Apr 2026 – 31 Mar 2027"


def test_backticks_become_code_and_nothing_else_does() -> None:
    assert portal.coded("`from` and `<b>` & `to` look at it") == (
        "<code>from</code> and <code>&lt;b&gt;</code> &amp; <code>to</code> look at it"
    )
    assert portal.coded("<script> `open") == "&lt;script&gt; `open"
    assert portal.coded("") == ""


@pytest.mark.parametrize(("language", "text"), [("en", "Ann, Ben"), ("ja", "Ann、Ben")])
def test_a_list_is_joined_as_the_reader_does(language: str, text: str) -> None:
    with translation.override(language):
        assert portal.listed(["Ann", "Ben"]) == text


def test_a_name_is_isolated_and_escaped_in_a_translated_sentence() -> None:
    sentence = "{% load i18n %}{% blocktranslate with name=who|isolated %}ticked by {{ name }}{% endblocktranslate %}"
    shown = Template(sentence).render(Context({"who": "<b>דנה</b>"}))
    assert shown == "ticked by <bdi>&lt;b&gt;דנה&lt;/b&gt;</bdi>"
