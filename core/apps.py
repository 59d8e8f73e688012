from django.apps import AppConfig
from django.conf import settings


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from core import append_only, checks, live, scrub  # noqa: F401  checks: to be registered

        # Before anything can fail and be logged.
        urls = (settings.DATABASE_URL, settings.REDIS_URL, settings.EMAIL_URL)
        scrub.learn([settings.SECRET_KEY, *settings.ENCRYPTION_KEYS, *urls])
        append_only.watch_cascades()
        # SQLite remakes a table when a field is added, which drops its triggers: put them back after every migrate.
        post_migrate.connect(append_only.guard_tables, dispatch_uid="core.append_only")
        pre_migrate.connect(live.count_no_changes, sender=self, dispatch_uid="core.live")
        post_migrate.connect(live.count_changes, sender=self, dispatch_uid="core.live")
