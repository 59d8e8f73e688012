from collections.abc import Iterator

import pytest

from core import figures


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(figures, "_figures", {})
    yield


def _figure(id_: str) -> figures.Figure:
    return figures.Figure(id_, "Title", "h", "less", lambda teams, days: {}, lambda teams, day: None)


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
