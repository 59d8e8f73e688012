"""What falls due, as calendars that other programs subscribe to: .ics feeds behind a secret address of each person."""
