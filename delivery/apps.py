from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        from connections import stores
        from core import live, retention
        from delivery import audit_sentences, importing, registry, undo  # noqa: F401  how its audit entries read
        from delivery.pushing import keys
        from delivery.records import DeliveryStore

        stores.register(DeliveryStore())
        registry.register()
        importing.register()
        undo.register()
        retention.register("push keys", keys.prune)
        live.leave_out("delivery.pushkey", "answers that were given, which no page shows")
        live.leave_out("delivery.telling", "which deployments name a change; what follows from it stands in the change")
