import plotly.graph_objects as go

from core import charts


def _chart() -> charts.Chart:
    figure = charts.figure(
        go.Scatter(x=[1, 2], y=[3, 4], line={"color": charts.ACCENT}, fillcolor=charts.ACCENT_BAND),
        shapes=[{"type": "line", "line": {"color": charts.TEXT}}],
    )
    return charts.Chart("a", figure, "alt", "caption", ["x"], [[1]], narrow={"font": {"color": charts.MUTED}})


def test_colours_become_tokens_everywhere() -> None:
    made = charts.to_json(_chart())
    assert made["data"][0]["line"]["color"] == "$accent"
    assert made["data"][0]["fillcolor"] == "$accent-band"
    assert made["layout"]["shapes"][0]["line"]["color"] == "$text"
    assert made["narrow"]["font"]["color"] == "$muted"


def test_numbers_are_plain_lists_and_plotlys_own_template_is_left_out() -> None:
    made = charts.to_json(_chart())
    assert made["data"][0]["y"] == [3, 4]
    assert "template" not in made["layout"]


def test_text_from_people_is_escaped() -> None:
    assert charts.plain('<a href="//x">R&D</a>') == '&lt;a href="//x"&gt;R&amp;D&lt;/a&gt;'
