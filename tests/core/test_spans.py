from datetime import date

import pytest
from django.utils import translation

from core.spans import days_text

AUG, NOV, MAR = date(2026, 8, 24), date(2026, 11, 22), date(2027, 3, 31)


@pytest.mark.parametrize(
    ("language", "one_year", "two_years", "no_year"),
    [
        ("en", "24 Aug – 22 Nov 2026", "24 Aug 2026 – 31 Mar 2027", "24 Aug – 22 Nov"),
        ("ja", "2026年8月24日～11月22日", "2026年8月24日～2027年3月31日", "8月24日～11月22日"),
    ],
)
def test_the_year_is_written_once_where_both_days_share_it(
    language: str, one_year: str, two_years: str, no_year: str
) -> None:
    with translation.override(language):
        assert days_text(AUG, NOV) == one_year
        assert days_text(AUG, MAR) == two_years
        assert days_text(AUG, NOV, with_year=False) == no_year
