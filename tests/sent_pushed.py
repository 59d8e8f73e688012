"""What other systems push for the team: a deployment with its change, an incident, an alert. tests/sent_table.py sends them."""

from __future__ import annotations

PUSHED = {
    "id": "build-512", "service": "churn-model", "environment": "production", "environment_class": "production",
    "outcome": "succeeded", "created_at": "2026-01-02T09:30:00Z", "finished_at": "2026-01-02T09:42:00Z", "attempt": 1,
    "sha": "4f2c9ab", "branch": "main", "title": "Retrain", "url": "https://ci.example.com/512",
    "updated_at": "2026-01-02T09:42:00Z",
    "changes": [
        {"id": "12", "number": 12, "title": "Retrain", "author": "ada", "branch": "retrain", "sha": "4f2c9ab",
         "url": "https://git.example.com/12", "first_commit_at": "2026-01-01T08:00:00Z",
         "opened_at": "2026-01-01T10:00:00Z", "first_review_at": "2026-01-01T12:00:00Z",
         "merged_at": "2026-01-02T09:00:00Z"},
    ],
}  # fmt: skip
REPORTED = {
    "id": "INC-42", "service": None, "title": "Stale", "began_at": "2026-01-03T08:00:00Z",
    "resolved_at": "2026-01-03T10:00:00Z", "url": "https://example.com/42", "updated_at": "2026-01-03T10:00:00Z",
}  # fmt: skip
ALERT = {
    "status": "resolved", "labels": {"alertname": "Stale", "severity": "critical"}, "annotations": {"summary": "Stale"},
    "startsAt": "2026-01-03T08:00:00.123Z", "endsAt": "2026-01-03T10:00:00Z", "fingerprint": "d2f0b1c5a4e3f697",
    "generatorURL": "http://prometheus:9090/graph",
}  # fmt: skip
