from django.urls import path, re_path

from teams.views import (
    account,
    address,
    audit,
    invitation,
    live,
    members,
    organisation,
    people,
    personal,
    reauth,
    security,
    setup,
    sign_in,
    teams,
    tokens,
)

_team = "teams/<int:team_id>/"
_person = "people/<int:person_id>/"

urlpatterns = [
    path("setup/", setup.setup, name="setup"),
    path("language/", setup.language, name="language"),
    path("invitation/<str:secret>/", invitation.invitation, name="invitation"),
    # -- sign-in: only what the portal uses of django-allauth
    path("accounts/login/", sign_in.login, name="account_login"),
    path("accounts/logout/", sign_in.logout, name="account_logout"),
    path("accounts/second-factor/", sign_in.second_factor, name="mfa_authenticate"),
    path("accounts/passkey/", sign_in.passkey, name="passkey-sign-in"),
    path("accounts/inactive/", sign_in.inactive, name="account_inactive"),
    path("accounts/reauthenticate/", reauth.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/reset/", sign_in.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", sign_in.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        sign_in.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("live/<int:team_id>/<str:rooms>/", live.live, name="live"),
    # -- teams
    path("teams/", teams.teams, name="teams"),
    path("teams/new/", teams.team_new, name="team-new"),
    path("teams/groups/", teams.team_groups, name="team-groups"),
    path("teams/groups/<int:group_id>/", teams.team_group, name="team-group"),
    path("teams/groups/<int:group_id>/delete/", teams.team_group_delete, name="team-group-delete"),
    path(f"{_team}settings/", teams.team_settings, name="team-settings"),
    path(f"{_team}archive/", teams.team_archive, name="team-archive"),
    path(f"{_team}restore/", teams.team_restore, name="team-restore"),
    path(f"{_team}members/", members.members, name="members"),
    path(f"{_team}members/join/", members.team_join, name="team-join"),
    path(f"{_team}members/<int:membership_id>/", members.member, name="member"),
    path(f"{_team}members/<int:membership_id>/remove/", members.member_remove, name="member-remove"),
    path(f"{_team}invitations/<int:invitation_id>/renew/", members.invitation_renew, name="invitation-renew"),
    path(f"{_team}invitations/<int:invitation_id>/revoke/", members.invitation_revoke, name="invitation-revoke"),
    path(f"{_team}tokens/", tokens.team_tokens, name="team-tokens"),
    path(f"{_team}tokens/<int:token_id>/revoke/", tokens.team_token_revoke, name="team-token-revoke"),
    # -- people
    path("people/", people.people, name="people"),
    path(_person, people.person, name="person"),
    path(f"{_person}deactivate/", people.person_deactivate, name="person-deactivate"),
    path(f"{_person}reactivate/", people.person_reactivate, name="person-reactivate"),
    path(f"{_person}address/", address.person_address, name="person-address"),
    path(f"{_person}reset/", people.person_reset, name="person-reset"),
    path(f"{_person}remove/", personal.person_remove, name="person-remove"),
    path(f"{_person}data/", personal.person_export, name="person-export"),
    path("account/", account.account, name="account"),
    path("account/data/", personal.account_data, name="account-data"),
    path("account/password/", account.account_password, name="account-password"),
    path("account/security/", security.security, name="security"),
    path("account/security/app/", security.app, name="security-app"),
    path("account/security/passkeys/", security.passkey, name="security-passkey"),
    path("account/security/recovery-codes/", security.recovery_codes, name="security-codes"),
    path("account/security/<int:factor_id>/rename/", security.rename, name="security-rename"),
    path("account/security/<int:factor_id>/remove/", security.remove, name="security-remove"),
    path("account/security/sessions/<int:session_id>/end/", security.session_end, name="session-end"),
    path("account/security/sessions/end-others/", security.sessions_end_others, name="sessions-end-others"),
    path("account/address/", address.account_address, name="account-address"),
    path("account/address/<str:secret>/", address.account_move, name="account-move"),
    # -- the organisation
    path("organisation/", organisation.organisation, name="organisation"),
    path("organisation/tokens/", tokens.organisation_tokens, name="organisation-tokens"),
    path(
        "organisation/tokens/<int:token_id>/revoke/", tokens.organisation_token_revoke, name="organisation-token-revoke"
    ),
    path("organisation/audit/", audit.audit_log, name="audit-log"),
]
