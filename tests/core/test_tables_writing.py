from datetime import date

import pytest
from core.spreadsheet import csv_response, harmless


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1", "=HYPERLINK(1)"])
def test_text_cannot_become_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"), [(-1.5, -1.5), (None, ""), (date(2026, 3, 1), "2026-03-01"), ("a=b", "a=b"), ("基盤", "基盤")]
)
def test_everything_else_stays(value: object, cell: object) -> None:
    assert harmless(value) == cell


def test_a_download_has_a_name_and_quotes_what_needs_it() -> None:
    response = csv_response("items", ["Item", "Note"], [["a,b", 'say "x"'], ["=cmd", None]])
    assert response["Content-Disposition"] == 'attachment; filename="items.csv"'
    assert response.content.decode() == '\ufeffItem,Note\r\n"a,b","say ""x"""\r\n\'=cmd,\r\n'
