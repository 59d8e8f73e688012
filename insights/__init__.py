"""Pages that read across rooms and write nothing: home, the team page."""
