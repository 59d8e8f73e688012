import logging
from collections.abc import Callable

import pytest
from django.test import Client

from core.logs import RefusalsInOneLine
from teams.models import Person


@pytest.mark.django_db
def test_a_refusal_is_logged_in_one_line(
    caplog: pytest.LogCaptureFixture, signed_in: Callable[[Person], Client], editor: Person
) -> None:
    caplog.handler.addFilter(RefusalsInOneLine())
    assert signed_in(editor).get("/organisation/audit/").status_code == 403
    assert "Forbidden (Permission denied): /organisation/audit/" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_fault_keeps_its_traceback() -> None:
    try:
        raise ValueError("why")
    except ValueError as error:
        told = (type(error), error, error.__traceback__)
    record = logging.LogRecord("django.request", logging.ERROR, "x", 1, "Internal Server Error", None, told)
    assert RefusalsInOneLine().filter(record)
    assert record.exc_info
