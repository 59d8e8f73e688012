"""Names that hide what they are are refused wherever one is typed."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from teams.forms import (
    AccountForm,
    GroupForm,
    GroupNameForm,
    InvitedForm,
    OrganisationForm,
    SetupForm,
    TeamForm,
    TeamSettingsForm,
)
from teams.forms_tokens import TokenForm
from teams.models import Person, Team
from teams.names import NameField

HIDDEN = ["a\u202eb", "a\u2066b", "a\u2069b", "a\nb", "a\x1bb", "a\x85b"]
SENTENCE = "A name cannot hold control characters"


@pytest.mark.parametrize("name", HIDDEN)
def test_it_is_refused(name: str) -> None:
    (message,) = GroupForm({"name": name}).errors["name"]
    assert message.startswith(SENTENCE)


@pytest.mark.parametrize("name", ["Aïda O'Neill", "推薦チーム", "صندوق", "👩\u200d🔬 Lab", " CI "])
def test_others_are_not(name: str) -> None:
    assert GroupForm({"name": name}).is_valid()


def test_every_form_of_a_name_looks() -> None:
    forms = (AccountForm, GroupForm, InvitedForm, OrganisationForm, SetupForm, TeamForm, TeamSettingsForm, TokenForm)
    assert {form for form in (*forms, GroupNameForm) if not isinstance(form.base_fields["name"], NameField)} == set()
    assert isinstance(SetupForm.base_fields["organisation"], NameField)


@pytest.mark.django_db
def test_the_page_says_so(signed_in, team_admin: Person, team: Team) -> None:
    client: Client = signed_in(team_admin)
    sent = {"name": "a\u202eb", "scope": "read", "lasts": "90"}
    answer = client.post(reverse("team-tokens", args=[team.pk]), sent)
    assert answer.status_code == 422
    assert SENTENCE in answer.content.decode()
