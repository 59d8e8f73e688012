from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "teams"
    verbose_name = "People and teams"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from core import rotation
        from teams import access, audit_sentences, reauth  # noqa: F401  register rules, sentences and signals

        rotation.register_json("mfa.Authenticator", "data")
