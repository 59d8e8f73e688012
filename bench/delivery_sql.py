"""The yardstick of `make bench-delivery`: each figure as one straightforward query over the raw rows, for any number of teams.

Nothing that the portal prepared is asked: incidents find their deployment by EXISTS, as a DORA system that does it well would.
The portal's own tables and indexes are used as they are. PostgreSQL; the window is of whole days in UTC, the teams' zone here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any


def window(today: date) -> dict[str, Any]:
    """The 13 complete weeks before today."""
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=13)
    return {
        "first": datetime.combine(first, time(), UTC),
        "end": datetime.combine(monday, time(), UTC),
        "look_back": timedelta(days=30),
    }


COUNTED = (
    "{0}.in_scope AND {0}.outcome = 'succeeded' AND {0}.environment_class = 'production'"
    " AND NOT {0}.excluded AND {0}.gone_at IS NULL"
)
IN_WINDOW = "d.finished_at >= %(first)s AND d.finished_at < %(end)s"
OF_TEAMS = f"""
    FROM delivery_deployment d JOIN delivery_service s ON s.id = d.service_id
    WHERE s.team_id = ANY(%(teams)s) AND {COUNTED.format("d")} AND {IN_WINDOW}"""
# The deployment that finished last before the incident began.
CAUSED = f"""i.service_id = d.service_id AND i.in_scope AND NOT i.dismissed AND i.gone_at IS NULL
    AND i.began_at > d.finished_at AND i.began_at <= d.finished_at + %(look_back)s
    AND NOT EXISTS (
        SELECT 1 FROM delivery_deployment later
        WHERE later.service_id = d.service_id AND {COUNTED.format("later")}
          AND later.finished_at > d.finished_at AND later.finished_at < i.began_at)"""

FIGURES = {
    "deployment frequency": f"""
        WITH worked AS (
            SELECT s.team_id, date_trunc('week', d.finished_at AT TIME ZONE 'UTC') AS week,
                   count(DISTINCT (d.finished_at AT TIME ZONE 'UTC')::date) AS days {OF_TEAMS} GROUP BY 1, 2)
        SELECT t.id, percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(worked.days, 0))
        FROM unnest(%(teams)s) AS t(id)
        CROSS JOIN generate_series(
            %(first)s AT TIME ZONE 'UTC', %(end)s AT TIME ZONE 'UTC' - interval '1 day', '7 days') AS weeks(week)
        LEFT JOIN worked ON worked.team_id = t.id AND worked.week = weeks.week GROUP BY 1""",
    "lead time": f"""
        SELECT s.team_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.finished_at - c.first_commit_at))
        FROM delivery_change c JOIN delivery_deployment d ON d.id = c.deployment_id JOIN delivery_service s ON s.id = d.service_id
        WHERE s.team_id = ANY(%(teams)s) AND {COUNTED.format("d")} AND {IN_WINDOW} GROUP BY 1""",
    "change failure rate": f"""
        SELECT s.team_id, count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM delivery_incident i WHERE {CAUSED}))
        {OF_TEAMS} GROUP BY 1""",
    "recovery time": f"""
        SELECT s.team_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.resolved_at - d.finished_at))
        FROM delivery_incident i JOIN delivery_deployment d ON {CAUSED} JOIN delivery_service s ON s.id = d.service_id
        WHERE s.team_id = ANY(%(teams)s) AND {COUNTED.format("d")} AND {IN_WINDOW}
          AND i.resolved_at >= %(first)s AND i.resolved_at < %(end)s GROUP BY 1""",
    "MTTR": """
        SELECT i.team_id, avg(extract(epoch FROM i.resolved_at - i.began_at)),
               percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM i.resolved_at - i.began_at))
        FROM delivery_incident i
        WHERE i.team_id = ANY(%(teams)s) AND i.in_scope AND NOT i.dismissed AND i.gone_at IS NULL
          AND i.resolved_at >= %(first)s AND i.resolved_at < %(end)s GROUP BY 1""",
    "rework rate": f"""
        SELECT s.team_id, count(*), count(*) FILTER (WHERE d.branch LIKE 'hotfix/%%' OR d.branch LIKE 'hotfix-%%')
        {OF_TEAMS} GROUP BY 1""",
}
