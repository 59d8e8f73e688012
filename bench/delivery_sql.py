"""The yardstick of `make bench-delivery`: each figure as one straightforward query over the raw rows, for any number of teams.

Nothing that the portal prepared is asked: each incident finds its deployment by one step into an index, and the deployments
that failed are hashed, as a DORA system that does it well would. (One EXISTS inside another took minutes at 2,000,000.)
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
# Of each incident the deployment that finished last before it began, by the index of a service's finishes.
CAUSED = f"""
    SELECT i.resolved_at, (
        SELECT d.id FROM delivery_deployment d
        WHERE d.service_id = i.service_id AND {COUNTED.format("d")}
          AND d.finished_at < i.began_at AND d.finished_at >= i.began_at - %(look_back)s
        ORDER BY d.finished_at DESC LIMIT 1) AS deployment_id
    FROM delivery_incident i JOIN delivery_service s ON s.id = i.service_id
    WHERE s.team_id = ANY(%(teams)s) AND i.in_scope AND NOT i.dismissed AND i.gone_at IS NULL
      AND i.began_at > %(first)s AND i.began_at < %(end)s + %(look_back)s"""

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
        WITH caused AS MATERIALIZED ({CAUSED})
        SELECT s.team_id, count(*), count(*) FILTER (WHERE d.id IN (SELECT deployment_id FROM caused))
        {OF_TEAMS} GROUP BY 1""",
    "recovery time": f"""
        WITH caused AS MATERIALIZED ({CAUSED})
        SELECT s.team_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM caused.resolved_at - d.finished_at))
        FROM caused JOIN delivery_deployment d ON d.id = caused.deployment_id JOIN delivery_service s ON s.id = d.service_id
        WHERE {IN_WINDOW} AND caused.resolved_at >= %(first)s AND caused.resolved_at < %(end)s GROUP BY 1""",
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
