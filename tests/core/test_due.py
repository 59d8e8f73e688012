"""The registry of what falls due. What each room says is tested in its own folder."""

from datetime import UTC, date, datetime

import pytest

from core import due
from core.due import Due


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "_sources", {})


def one(kind: str, number: int, day: date) -> Due:
    return Due(kind, f"{kind}:{number}", None, (), day, "x", "/", datetime(2026, 11, 1, tzinfo=UTC))


def test_in_the_order_of_the_days_of_all_kinds_or_of_some() -> None:
    first, last = date(2026, 11, 2), date(2026, 11, 9)
    due.register("item", lambda *_: [one("item", 2, last), one("item", 1, last)])
    due.register("training", lambda *_: [one("training", 1, first)])
    assert [each.key for each in due.between([], first, last)] == ["training:1", "item:1", "item:2"]
    assert [each.key for each in due.between([], first, last, {"item"})] == ["item:1", "item:2"]


def test_a_kind_has_one_source() -> None:
    due.register("item", list)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="item"):
        due.register("item", tuple)  # type: ignore[arg-type]
