from django.urls import path

from notices.views import channels, inbox, organisation, preferences

_channel = "teams/<int:team_id>/channels/<int:channel_id>/"

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.mark_all, name="inbox-read"),
    path("inbox/<int:notice_id>/", inbox.notice, name="notice"),
    path("inbox/<int:notice_id>/mark/", inbox.mark, name="notice-mark"),
    path("account/notices/", preferences.account_notices, name="account-notices"),
    path("account/notices/test/", preferences.test_mail, name="account-notices-test"),
    path("unsubscribe/<str:token>/", preferences.unsubscribe, name="unsubscribe"),
    path("organisation/notices/", organisation.organisation_notices, name="organisation-notices"),
    path("teams/<int:team_id>/channels/", channels.channels, name="channels"),
    path("teams/<int:team_id>/channels/new/", channels.channel_new, name="channel-new"),
    path(_channel, channels.channel, name="channel"),
    path(f"{_channel}address/", channels.channel_address, name="channel-address"),
    path(f"{_channel}secret/", channels.channel_secret, name="channel-secret"),
    path(f"{_channel}resume/", channels.channel_resume, name="channel-resume"),
    path(f"{_channel}test/", channels.channel_test, name="channel-test"),
    path(f"{_channel}remove/", channels.channel_remove, name="channel-remove"),
]
