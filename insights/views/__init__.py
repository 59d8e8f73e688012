"""Pages that read across rooms: home and the team page, the portfolio, trends."""
