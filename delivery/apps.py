from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        from connections import stores
        from core import live, retention
        from delivery import audit_sentences, importing, registry, undo  # noqa: F401  how its audit entries read
        from delivery.pushing import keys
        from delivery.records import DeliveryStore, give_up_told
        from teams import zones

        stores.register(DeliveryStore())
        zones.listen(_ring)
        registry.register()
        importing.register()
        undo.register()
        retention.register("push keys", keys.prune)
        retention.register("deployments given up", give_up_told)
        live.leave_out("delivery.preparedquarter", "what pages say without it too, made beforehand")
        live.leave_out("delivery.pushkey", "answers that were given, which no page shows")
        live.leave_out("delivery.telling", "which deployments name a change; what follows from it stands in the change")
        live.leave_out(
            "delivery.comparedcommit", "what git says, which no page shows; what follows stands in the change"
        )


def _ring() -> None:
    """Days are counted anew soon: which teams that concerns stands in the database, and beat asks too."""
    from django.db import transaction

    from core import bell
    from delivery.tasks import prepare

    transaction.on_commit(lambda: bell.send(prepare, life=60))
