from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        from connections import stores
        from delivery import registry
        from delivery.records import DeliveryStore

        stores.register(DeliveryStore())
        registry.register()
