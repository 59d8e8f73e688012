from django.urls import path

from core import views

urlpatterns = [
    path("livez", views.livez, name="livez"),
    path("definitions/", views.definitions, name="definitions"),
]
