from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = "Notices"  # the heading of its API routes, translated there

    def ready(self) -> None:
        from core import readiness, retention
        from notices import audit_sentences, outbox, own, reminders, undo  # noqa: F401  how its audit entries read
        from notices import retention as old

        reminders.register_kinds()
        readiness.register("notices", outbox.overdue)
        retention.register("notices", old.prune)
        own.register()
        undo.register()
