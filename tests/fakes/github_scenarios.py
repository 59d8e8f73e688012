"""Worlds for the fake GitHub. Made up, the same for every seed and day."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.fakes.github_data import Repo, World

WEEKS = 52
# Hours from opened to closed, in order of time: getting faster, with one long one in between. None is open.
INCIDENTS: list[tuple[str, float | None]] = [
    ("Checkout answers 500 after the release", 51.0),
    ("Recommendations are a day old", 30.5),
    ("Basket loses items when two tabs are open", 26.0),
    ("Search index was not rebuilt", 18.0),
    ("Payment callbacks time out", 9.5),
    ("Forecast service out of memory", 76.0),
    ("Prices shown without tax", 5.0),
    ("Login is slow for everyone", 3.2),
    ("Model serves the version before last", 2.1),
    ("Wrong currency in mails", 0.9),
    ("Feature store unreachable", 0.6),
    ("Product images are missing", 0.4),
    ("Delivery estimates are empty", None),
]
WORK = [
    "Show the tax in the basket",
    "Round prices as the tax office does",
    "Retry payment callbacks",
    "Keep the features of a year",
    "Say why a forecast is missing",
    "Make the search index smaller",
    "Warm the cache before the switch",
    "Drop the old checkout",
]


def shop(world: World, now: datetime | None = None, seed: int = 7) -> None:
    """A year of a small shop: `acme/shop` deploys through the host, `acme/forecast` through a workflow."""
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    dice = random.Random(seed)
    repo = world.add_repo("acme/shop")
    work = random.Random(seed + 1)
    repo.commit(now - timedelta(weeks=WEEKS + 1))
    for week in range(WEEKS):
        _week_of_deployments(repo, dice, now, week, work)
        _week_of_checks(repo, dice, now, week)
    _issues(repo, dice, now)
    forecast = world.add_repo("acme/forecast")
    for week in range(WEEKS):
        _week_of_releases(forecast, dice, now, week)
    forecast.add_issue(now - timedelta(days=40), "Forecast drifts", ["incident"], closed=now - timedelta(days=38.5))
    _ranking(world.add_repo("acme/ranking"), random.Random(seed + 1), now)


# Hours from a deployment until its incident began, and from then until it was resolved; None: nothing went wrong. In turn.
AFTERMATHS: list[tuple[float, float] | None] = [
    None,
    None,
    (0.7, 3.0),
    None,
    None,
    None,
    (26.0, 11.0),
    None,
    (2.5, 1.2),
    None,
]


def _ranking(repo: Repo, dice: random.Random, now: datetime) -> None:
    """Half a year of changes, deployments that bring them, incidents and hotfixes: something for each of the five figures."""
    turn = 0
    for week in range(WEEKS - 26, WEEKS):
        for day in sorted(dice.sample(range(6), k=dice.choice([2, 3]))):
            at = _moment(dice, now, week, day)
            is_hotfix = turn % 9 == 7
            for _each in range(1 if is_hotfix else dice.choice([1, 1, 2])):
                _change(repo, dice, at, is_hotfix=is_hotfix)
            repo.deploy(at, "production", minutes=dice.uniform(4, 12))
            aftermath = AFTERMATHS[turn % len(AFTERMATHS)]
            if aftermath:
                began = at + timedelta(hours=aftermath[0])
                closed = began + timedelta(hours=aftermath[1])
                if closed < now:
                    repo.add_issue(began, f"Ranking is off, number {turn}", ["incident"], closed=closed)
            turn += 1


def _change(repo: Repo, dice: random.Random, deployed: datetime, *, is_hotfix: bool) -> None:
    merged = deployed - timedelta(minutes=dice.randrange(10, 240))
    opened = merged - timedelta(hours=1 if is_hotfix else dice.uniform(3, 60))
    repo.add_pull(
        opened,
        merged,
        author=dice.choice(["ada", "kim"]),
        commits=[opened - timedelta(hours=dice.uniform(1, 40)), opened - timedelta(minutes=20)],
        reviews=[("grace", opened + (merged - opened) * dice.uniform(0.2, 0.8))],
        labels=["hotfix"] if is_hotfix else [],
        branch="hotfix/ranking" if is_hotfix else "",
        title="Put the ranking right" if is_hotfix else "Make the ranking better",
    )


def _moment(dice: random.Random, now: datetime, week: int, day: int) -> datetime:
    """Within working hours of the day'th day of the week'th week; week 51 ends today. Never in the future."""
    start = (now - timedelta(weeks=WEEKS - week)).replace(hour=9, minute=0, second=0)
    at = start + timedelta(days=day + 1, minutes=dice.randrange(0, 480))
    return min(at, now - timedelta(minutes=dice.randrange(30, 90)))


def _week_of_deployments(repo: Repo, dice: random.Random, now: datetime, week: int, work: random.Random) -> None:
    """From about one day with a deployment a week to about four, with fewer failures on the way."""
    wanted = 1 + 3 * week / WEEKS
    days = sorted(dice.sample(range(7), k=max(0, min(6, round(dice.gauss(wanted, 0.8))))))
    for day in days:
        at = _moment(dice, now, week, day)
        _changes(repo, work, at - timedelta(minutes=40), week)
        repo.deploy(at - timedelta(minutes=25), "staging", minutes=dice.uniform(3, 8))
        state = "failure" if dice.random() < 0.22 - 0.16 * week / WEEKS else "success"
        repo.deploy(at, "production", minutes=dice.uniform(4, 12), state=state)


def _changes(repo: Repo, dice: random.Random, until: datetime, week: int) -> None:
    """What was merged for the deployment that comes now: smaller and sooner looked at as the year goes on."""
    slow = 1.6 - week / WEEKS
    for number in range(dice.choice([1, 1, 2, 3])):
        merged = until - timedelta(minutes=dice.uniform(5, 60) + 60 * number)
        opened = merged - timedelta(hours=dice.uniform(2, 40) * slow)
        coded = [opened - timedelta(hours=hours * slow) for hours in (dice.uniform(4, 60), dice.uniform(0, 4))]
        looked = [("ben", opened + (merged - opened) * dice.uniform(0.2, 0.8))] if dice.random() < 0.85 else []
        hotfix = dice.random() < 0.08
        repo.add_pull(
            opened,
            merged,
            author=dice.choice(["ada", "eve", "lin"]),
            commits=coded,
            reviews=looked,
            labels=["hotfix"] if hotfix else [],
            branch=f"{'hotfix' if hotfix else 'change'}/{week}-{number}-{dice.randrange(1000)}",
            title=dice.choice(WORK),
            files=[dice.choice(["shop/basket.py", "shop/prices.py", "model/features.py", "docs/README.md"])],
        )


def _week_of_checks(repo: Repo, dice: random.Random, now: datetime, week: int) -> None:
    for day in range(4):
        conclusion = "failure" if dice.random() < 0.2 else "success"
        repo.add_run(_moment(dice, now, week, day), "Tests", conclusion=conclusion, branch=f"change-{week}-{day}")


def _week_of_releases(repo: Repo, dice: random.Random, now: datetime, week: int) -> None:
    for day in range(dice.choice([0, 1, 1, 2])):
        at = _moment(dice, now, week, day * 3)
        repo.add_run(at - timedelta(minutes=30), "Tests")
        repo.add_run(at, "Deploy model", conclusion=dice.choice(["success"] * 6 + ["failure", "cancelled"]))


def _issues(repo: Repo, dice: random.Random, now: datetime) -> None:
    step = WEEKS * 7 / (len(INCIDENTS) + 0.5)
    for number, (title, hours) in enumerate(INCIDENTS):
        began = now - timedelta(days=WEEKS * 7 - step * (number + 1), minutes=dice.randrange(0, 600))
        if hours is None:
            began = now - timedelta(hours=7)
        repo.add_issue(began, title, ["incident"], closed=began + timedelta(hours=hours) if hours else None)
        if number % 3 == 0:  # GitHub lists these among the issues; they are no incidents
            fixed = min(began + timedelta(days=2), now)
            repo.add_issue(fixed, f"Fix: {title.lower()}", ["incident"], pull_request=True, closed=fixed)
        repo.add_issue(min(began + timedelta(days=1), now), f"Small thing {number + 1}", ["bug"], closed=None)


SCENARIOS: dict[str, Callable[[World], None]] = {"shop": shop}
