"""Levels, coverage, next best step: the vectors of docs/definitions.md, Maturity, and what must hold for any answers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.scoring import AreaFacts, Event, Standing, newest, next_step, overall, score, standing
from assessments.states import Kind

DAY = date(2026, 11, 22)
TOP = 3
UNKNOWN, NOT_APPLICABLE, EXEMPT = Standing(Kind.UNKNOWN), Standing(Kind.NOT_APPLICABLE), Standing(Kind.EXEMPT)


def at(state: float) -> Standing:
    return Standing(Kind.STATE, state)


def area(*standings: Standing) -> tuple[float | None, tuple[int, int] | None]:
    found = score(standings, TOP)
    return found.level, found.to_next


# -- Vectors --


@pytest.mark.parametrize(
    ("standings", "level", "to_next"),
    [
        ([at(2), at(3), at(2)], 2, (1, 3)),
        ([at(2), at(2), UNKNOWN], 0, (2, 3)),
        ([NOT_APPLICABLE, at(3), at(3)], 3, None),
        ([EXEMPT, at(1), at(2)], 1, (2, 3)),
        ([NOT_APPLICABLE] * 3, None, None),
        ([EXEMPT] * 3, 3, None),
        ([Standing(), at(1), at(1)], 0, (2, 3)),
        ([], None, None),
    ],
)
def test_area_level(standings: list[Standing], level: int | None, to_next: tuple[int, int] | None) -> None:
    assert area(*standings) == (level, to_next)


def test_overall_is_the_lowest() -> None:
    assert overall([2, 2, 1, None]) == 1
    assert overall([None, None]) is None
    assert overall([3.5, 2, 4, 1.5]) == 1.5  # the sections of the ML test score
    assert score([at(4)] * 14 + [at(1)], top=4).level == 1  # the rows of the Microsoft model


def guide() -> list[AreaFacts]:
    return [
        AreaFacts("data", [("data.1", at(2)), ("data.2", at(3)), ("data.3", at(2))]),
        AreaFacts("model", [("model.1", at(2)), ("model.2", at(2)), ("model.3", UNKNOWN)]),
        AreaFacts("deploy", [("deploy.1", at(1)), ("deploy.2", at(1)), ("deploy.3", at(2))]),
        AreaFacts("monitor", [("monitor.1", at(0)), ("monitor.2", at(1)), ("monitor.3", at(1))]),
    ]


def test_next_best_step() -> None:
    """Model and monitor miss one each, both at level 0: the third criterion of model."""
    assert next_step(guide(), {}, TOP) == ("model", "model.3")


def test_next_best_step_follows_the_roadmap_inside_the_area_only() -> None:
    areas = [AreaFacts("deploy", [("a", at(1)), ("b", at(1)), ("c", at(1))])]
    assert next_step(areas, {}, TOP) == ("deploy", "a")
    assert next_step(areas, {"c": None}, TOP) == ("deploy", "c")
    assert next_step(areas, {"c": None, "b": DAY}, TOP) == ("deploy", "b")
    assert next_step(areas, {"c": DAY - timedelta(days=1), "b": DAY}, TOP) == ("deploy", "c")
    assert next_step(guide(), {"deploy.1": DAY}, TOP) == ("model", "model.3")


def test_a_tie_goes_to_the_lower_level() -> None:
    high, low = AreaFacts("high", [("h", at(2)), ("i", at(3))]), AreaFacts("low", [("l", at(0)), ("m", at(1))])
    assert next_step([high, low], {}, TOP) == ("low", "l")


def test_no_step_is_left_at_the_top() -> None:
    assert next_step([AreaFacts("done", [("a", at(3))]), AreaFacts("none", [("b", NOT_APPLICABLE)])], {}, TOP) is None


def test_an_answer_counts_until_and_on_its_last_day() -> None:
    history = {(1, "c"): [Event(date(2026, 8, 1), 1, Kind.STATE, 2, valid_until=DAY)]}
    on, after = standing(history, 1, "c", DAY), standing(history, 1, "c", DAY + timedelta(days=1))
    assert (on.is_known, on.worth(TOP)) == (True, 2)
    assert (after.is_known, after.worth(TOP), after.is_stale, after.state) == (False, 0, True, 2)


def test_an_exemption_ends_after_its_last_day() -> None:
    history = {(1, "c"): [Event(date(2026, 8, 1), 1, Kind.EXEMPT, valid_until=DAY)]}
    assert standing(history, 1, "c", DAY).worth(TOP) == TOP
    assert standing(history, 1, "c", DAY + timedelta(days=1)).worth(TOP) == 0


# -- Which answer stands --


def test_the_newest_day_wins_and_of_one_day_the_last_recorded() -> None:
    early, late = Event(DAY - timedelta(days=9), 3, Kind.STATE, 0), Event(DAY, 1, Kind.STATE, 1)
    again = Event(DAY, 2, Kind.STATE, 2)
    assert newest([early, late, again], DAY) is again
    assert newest([again, late, early], DAY) is again
    assert newest([early, late, again], DAY - timedelta(days=1)) is early
    assert newest([], DAY) is None


# -- Inherited --

HISTORY = {
    (2, "c"): [Event(DAY, 1, Kind.INHERITED, provider=1)],
    (3, "c"): [Event(DAY, 1, Kind.INHERITED, provider=2)],
}


@pytest.mark.parametrize(
    ("event", "worth", "applies", "known"),
    [
        (Event(DAY, 1, Kind.STATE, 2), 2, True, True),
        (Event(DAY, 1, Kind.NOT_APPLICABLE), 0, False, False),
        (Event(DAY, 1, Kind.EXEMPT), 3, True, True),
        (Event(DAY, 1, Kind.UNKNOWN), 0, True, False),
        (Event(DAY - timedelta(days=2), 1, Kind.STATE, 2, valid_until=DAY - timedelta(days=1)), 0, True, False),
    ],
)
def test_an_inherited_criterion_is_what_its_provider_is(event: Event, worth: int, applies: bool, known: bool) -> None:
    found = standing({**HISTORY, (1, "c"): [event]}, 3, "c", DAY)
    assert (found.worth(TOP), found.applies, found.is_known, found.provider) == (worth, applies, known, 2)


def test_a_provider_that_never_answered_and_a_circle_are_not_met() -> None:
    assert standing(HISTORY, 3, "c", DAY).worth(TOP) == 0
    circle = {(1, "c"): [Event(DAY, 1, Kind.INHERITED, provider=2)], **HISTORY}
    assert standing(circle, 3, "c", DAY).kind == Kind.UNKNOWN


# -- What holds for any answers --

standings = st.one_of(
    st.integers(0, TOP).map(at),
    st.sampled_from([UNKNOWN, NOT_APPLICABLE, EXEMPT, Standing(), Standing(Kind.STATE, 3, is_stale=True)]),
)
areas = st.lists(standings, min_size=1, max_size=5)


@given(areas, st.data())
def test_raising_an_answer_never_lowers_a_level(before: list[Standing], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(before) - 1))
    raised = data.draw(st.integers(int(before[number].worth(TOP)), TOP))
    if not before[number].applies:
        return
    after = [*before[:number], at(raised), *before[number + 1 :]]
    was, now = score(before, TOP).level, score(after, TOP).level
    assert was is not None
    assert now is not None
    assert now >= was


@given(areas)
def test_unknown_never_counts(found: list[Standing]) -> None:
    for unknown in (UNKNOWN, Standing(), Standing(Kind.STATE, 3, is_stale=True)):
        counted = score([*found, unknown], TOP)
        assert counted.level == 0
        assert counted.known == score(found, TOP).known


@given(areas, st.randoms(use_true_random=False))
def test_the_order_of_criteria_does_not_matter(found: list[Standing], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score(shuffled, TOP) == score(found, TOP)


@given(areas)
def test_what_does_not_apply_changes_nothing(found: list[Standing]) -> None:
    assert score([*found, NOT_APPLICABLE], TOP) == score(found, TOP)


@given(areas)
def test_met_lies_between_none_and_all(found: list[Standing]) -> None:
    counted = score(found, TOP)
    assert 0 <= counted.met <= counted.applicable
    assert 0 <= counted.known <= counted.applicable
    if counted.to_next is not None:
        assert counted.met < counted.applicable


@given(st.lists(areas, min_size=1, max_size=4))
def test_the_next_step_lies_in_an_area_that_misses_fewest(found: list[list[Standing]]) -> None:
    facts = [AreaFacts(str(n), [(f"{n}.{m}", each) for m, each in enumerate(one)]) for n, one in enumerate(found)]
    step = next_step(facts, {}, TOP)
    scores = {str(n): score(one, TOP) for n, one in enumerate(found)}
    missing = {key: each.applicable - each.met for key, each in scores.items() if each.to_next}
    assert (step is None) == (not missing)
    if step is not None:
        assert missing[step[0]] == min(missing.values())
