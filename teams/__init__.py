"""People, teams, memberships, roles, invitations, API tokens, the audit log."""
