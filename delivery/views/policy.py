"""The attribution policy of a team: what holds, what another one would move, and what a change moved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from connections.views import Request, visible_team
from core.edits import StaleEdit
from core.refusals import Refused, show_refusal
from delivery import moves, policies
from delivery.forms_policy import PolicyForm
from teams import audit
from teams.access import require
from teams.models import Team
