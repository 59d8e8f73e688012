"""What the editions make of figures, at their thresholds; lead time and its stages from plain instants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from delivery import editions
from delivery.editions import Judged, Judgement, judge, overall
from delivery.figures import Band, Frequency, LeadTime, Recovery, Share, Spread, Stage, lead_time, stages_of

DAY, WEEK = 24, 7 * 24
E, H, M, L = Band.ELITE, Band.HIGH, Band.MEDIUM, Band.LOW


def often(weeks: Sequence[int], months: Sequence[int] = (0,), count: int | None = None) -> Frequency:
    return Frequency(sum(weeks) if count is None else count, 0, weeks, months)


def lead(hours: float) -> LeadTime:
    return LeadTime(Spread.of([hours]), {}, 1)


def ended(hours: float) -> Recovery:
    return Recovery(Spread.of([hours]), 0)


@pytest.mark.parametrize(
    ("edition", "name", "figure", "band"),
    [
        ("2023", "deployment_frequency", often([5, 5, 5]), E),
        ("2023", "deployment_frequency", often([4, 5, 4]), H),
        ("2023", "deployment_frequency", often([1, 1, 0]), H),
        ("2023", "deployment_frequency", often([0, 0, 1], [1]), M),
        ("2023", "deployment_frequency", often([0, 0, 1], [0, 0, 1]), L),
        ("2021", "deployment_frequency", often([5, 5, 5]), E),
        ("2021", "deployment_frequency", often([0, 0, 1], [1]), H),
        ("2021", "deployment_frequency", often([0, 0, 1], [0, 0, 1]), M),
        ("2021", "deployment_frequency", often([0, 0, 0]), L),
        ("2021", "lead_time", lead(0.99), E),
        ("2021", "lead_time", lead(1), H),
        ("2021", "lead_time", lead(WEEK), M),
        ("2021", "lead_time", lead(182 * DAY), L),
        ("2023", "lead_time", lead(23.9), E),
        ("2023", "lead_time", lead(DAY), H),
        ("2023", "lead_time", lead(WEEK), M),
        ("2023", "lead_time", lead(30 * DAY), L),
        ("2021", "change_failure_rate", Share(15, 100), E),
        ("2021", "change_failure_rate", Share(16, 100), H),
        ("2021", "change_failure_rate", Share(21, 100), M),
        ("2021", "change_failure_rate", Share(31, 100), L),
        ("2023", "change_failure_rate", Share(5, 100), E),
        ("2023", "change_failure_rate", Share(10, 100), H),
        ("2023", "change_failure_rate", Share(15, 100), M),
        ("2023", "change_failure_rate", Share(16, 100), L),
        ("2023", "recovery", ended(0.9), E),
        ("2023", "recovery", ended(1), H),
        ("2023", "recovery", ended(DAY), M),
        ("2023", "mttr", ended(WEEK), L),
        ("2021", "mttr", ended(1), H),
        ("2021", "recovery", ended(1), None),  # 2021 knows none
        ("2021", "rework_rate", Share(1, 2), None),
        ("2023", "rework_rate", Share(1, 2), None),
        ("2023", "lead_time", LeadTime(Spread(), {}, 3), None),
        ("2023", "change_failure_rate", Share(0, 0), None),
        ("2023", "mttr", None, None),
    ],
)
def test_bands(edition: str, name: str, figure: Judged | None, band: Band | None) -> None:
    assert judge(edition, name, figure) == Judgement(band=band)


def test_a_frequency_is_banded_as_everywhere() -> None:
    figure = often([0, 2, 1, 0, 3])
    assert judge("2023", "deployment_frequency", figure).band == figure.band == H


@pytest.mark.parametrize(
    ("name", "figure", "score"),
    [
        ("lead_time", lead(200 * DAY), 0),
        ("lead_time", lead(40 * DAY), 2),
        ("lead_time", lead(8 * DAY), 4),
        ("lead_time", lead(2 * DAY), 6),
        ("recovery", ended(2), 8),
        ("recovery", ended(0.5), 10),
        ("deployment_frequency", often([0, 0, 0]), 0),
        ("deployment_frequency", often([0, 0, 1]), 2),
        ("deployment_frequency", often([0, 0, 1], [1]), 4),
        ("deployment_frequency", often([1, 1, 0]), 6),
        ("deployment_frequency", often([5, 5]), 8),
        ("deployment_frequency", often([5, 5], count=240), 8),
        ("deployment_frequency", often([5, 5], count=241), 10),
        ("change_failure_rate", Share(19, 100), 8.1),
        ("rework_rate", Share(1, 4), 7.5),
    ],
)
def test_scores_of_2025(name: str, figure: Judged, score: float) -> None:
    found = judge("2025", name, figure)
    assert (found.band, found.mean) == (None, editions.MEANS[name])
    assert found.score == pytest.approx(score)


def test_the_means_of_the_industry() -> None:
    assert {name: round(mean, 1) for name, mean in editions.MEANS.items()} == {
        "lead_time": 5.5,
        "deployment_frequency": 4.8,
        "recovery": 7.4,
        "change_failure_rate": 8.1,
        "rework_rate": 7.8,
    }


def test_the_whole_is_the_mean_of_what_is_known() -> None:
    known = [judge("2025", "lead_time", lead(2 * DAY)), judge("2025", "rework_rate", Share(1, 4))]
    missing = judge("2025", "change_failure_rate", Share(0, 0))
    found = overall([*known, missing])
    assert (found.score, found.mean) == (pytest.approx(6.75), pytest.approx(6.65))
    assert overall([missing]) == judge("2025", "mttr", ended(1)) == editions.NOT_JUDGED


# -- Lead time ----------------------------------------------------------------------------------------------------

START = datetime(2026, 3, 2, 9)


@dataclass(frozen=True)
class Way:
    first_commit_at: datetime | None
    opened_at: datetime
    first_review_at: datetime | None
    merged_at: datetime
    deployed_at: datetime | None


def way(commit: float | None, opened: float, review: float | None, merged: float, deployed: float | None) -> Way:
    """Hours after START."""
    found = [
        None if each is None else START + timedelta(hours=each) for each in (commit, opened, review, merged, deployed)
    ]
    return Way(*found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        (way(0, 4, 6, 9, 10), {"coding": 4, "pickup": 2, "review": 3, "deploy": 1}),
        (way(0, 4, None, 9, 10), {"coding": 4, "review": 5, "deploy": 1}),
        (way(None, 4, 6, 9, None), {"pickup": 2, "review": 3}),
        (way(5, 4, 3, 9, 8), {"review": 6}),  # what is negative is dropped
    ],
)
def test_stages(change: Way, stages: dict[str, float]) -> None:
    assert stages_of(change) == {Stage(name): hours for name, hours in stages.items()}


def test_lead_time_reads_raw_values() -> None:
    found = lead_time([way(0, 1, 2, 3, 4), way(0, 5, None, 6, 10), way(None, 1, 2, 3, 4), way(9, 1, 2, 3, 4)])
    assert (found.changes, found.count, found.median) == (4, 2, 7)
    assert found.stage_medians[Stage.REVIEW] == 1
    assert found.stage_medians[Stage.PICKUP] == 1


def test_without_changes_there_is_no_lead_time() -> None:
    found = lead_time([])
    assert (found.changes, found.median, set(found.stage_medians.values())) == (0, None, {None})
