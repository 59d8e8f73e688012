from django.urls import path

from core import views

urlpatterns = [
    # core.middleware.HealthMiddleware answers these two before anything else; here they have their names.
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("undo/<int:offer_id>/", views.undo, name="undo"),
    path("definitions/", views.definitions, name="definitions"),
]
