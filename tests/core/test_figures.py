import pytest

from core import figures


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_figures", {})


def _figure(id_: str) -> figures.Figure:
    return figures.Figure(id_, "Title", "h", "less", values=lambda *_: {}, pooled=lambda *_: None)


def test_a_figure_is_found_by_its_id() -> None:
    made = _figure("mttr")
    figures.register(made)
    figures.register(made)  # an AppConfig may be made ready twice
    assert figures.get("mttr") is made
    assert figures.all_figures() == [made]


def test_two_figures_cannot_share_an_id() -> None:
    figures.register(_figure("mttr"))
    with pytest.raises(ValueError, match="mttr"):
        figures.register(_figure("mttr"))
