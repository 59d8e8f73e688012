from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        from connections import stores
        from delivery import audit_sentences, importing, registry  # noqa: F401  how its audit entries read
        from delivery.records import DeliveryStore

        stores.register(DeliveryStore())
        registry.register()
        importing.register()
