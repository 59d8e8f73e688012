"""Gives a team of the running portal seven months behind it: two more people, and a roadmap that they ticked.

    python -m tests.recorded.past TEAM     (in the environment of that portal)

Only through the services, each call at its own time.
"""

import sys
from datetime import date, datetime, time, timedelta

import django

PEOPLE = [
    ("Emma Clark", "emma@example.com", "team_admin", "mlops_engineer"),
    ("Ben Okafor", "ben@example.com", "editor", "data_scientist"),
]
# (item of the template's order, days after the start, who): 7 of 12 phase items, some late; then the checklists.
DONE = [(1, 17, 0), (2, 48, 1), (3, 71, 0), (4, 116, 1), (5, 139, 0), (6, 188, 1), (7, 206, 0)]
CHECKED = [("technical", 1, 76, 0), ("technical", 3, 150, 1), ("organisational", 1, 33, 0), ("technical", 2, 190, 1)]


def main(team_id: int) -> None:
    django.setup()
    from core import clock
    from roadmaps.models import Item, State
    from roadmaps.services import set_owner, start_roadmap, tick
    from teams.models import Person, Team
    from teams.services import invitations
    from tests.recorded.stage import PASSWORD

    team = Team.objects.get(pk=team_id)
    admin = Person.objects.earliest("pk")
    today = clock.today(team.zone)
    start = seven_months_before(today)

    def at(days: float) -> datetime:
        return datetime.combine(start, time(10, 30), team.zone) + timedelta(days=days)

    people = []
    for name, email, role, job in PEOPLE:
        with clock.at(at(-3)):
            invitation, _secret = invitations.invite(team=team, role=role, job_role=job, email=email, by=admin)
        with clock.at(at(-2)):
            account = {"name": name, "email": email, "password": PASSWORD, "language": "en", "time_zone": "UTC"}
            people.append(invitations.join_as_new_person(invitation=invitation, **account))
    with clock.at(at(0)):
        roadmap = start_roadmap(team=team, start_date=start, by=people[0])
        items = list(Item.objects.filter(roadmap=roadmap, phase__isnull=False).order_by("phase", "position"))
        for number, item in enumerate(items):
            set_owner(item=item, owner=people[number % 2], seen=None, by=people[0])
    for number, days, who in DONE:
        with clock.at(at(days)):
            tick(item=items[number - 1], wanted=State.DONE, seen_version=0, by=people[who])
    for checklist, position, days, who in CHECKED:
        with clock.at(at(days)):
            item = Item.objects.get(roadmap=roadmap, checklist=checklist, position=position)
            tick(item=item, wanted=State.DONE, seen_version=0, by=people[who])
    with clock.at(at(209)):
        tick(item=items[7], wanted=State.IN_PROGRESS, seen_version=0, by=people[1])


def seven_months_before(day: date) -> date:
    """The first of the month by which `day` lies in the eighth."""
    months = day.year * 12 + day.month - 1 - 7
    return date(months // 12, months % 12 + 1, 1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
