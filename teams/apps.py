from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "teams"
    verbose_name = "People and teams"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from core import live, retention, rotation
        from teams import access, audit_sentences, reauth, security_log, undo  # noqa: F401  register rules, sentences and signals
        from teams.models import Invitation

        rotation.register_json("mfa.Authenticator", "data")
        retention.register(
            "invitations", lambda before: retention.in_batches(Invitation.objects.never_accepted(before))
        )
        undo.register()
        live.of_everybody("teams.organisation")
        live.of_everybody("teams.teamgroup")
        live.leave_out("teams.auditevent", "each comes with what it tells of")
        live.leave_out("teams.apitoken", "its last use is noted every minute")
