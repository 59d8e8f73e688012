from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from core import append_only, checks  # noqa: F401  to be registered

        append_only.watch_cascades()
        # SQLite remakes a table when a field is added, which drops its triggers: put them back after every migrate.
        post_migrate.connect(append_only.guard_tables, dispatch_uid="core.append_only")
