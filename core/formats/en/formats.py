"""English dates as the portal writes them: day before month, no commas before the year."""

DATE_FORMAT = "j M Y"
MONTH_DAY_FORMAT = "j M"
YEAR_MONTH_FORMAT = "M Y"
DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
