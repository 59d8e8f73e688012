"""The pages of notices: the inbox, one's own choices, a team's channels, and how the outbox does."""
