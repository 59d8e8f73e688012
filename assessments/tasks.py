"""A thin shell: the rules stand in `snapshots`."""

from celery import shared_task

from assessments import snapshots


@shared_task(name="assessments.write_snapshots")
def write_snapshots() -> None:
    snapshots.write_nightly()
