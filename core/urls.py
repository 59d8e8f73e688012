from django.urls import path

from core import views

urlpatterns = [
    # core.middleware.HealthMiddleware answers these two before anything else; here they have their names.
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
    path("definitions/", views.definitions, name="definitions"),
]
