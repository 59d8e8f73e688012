from django.urls import path

from sample import views

urlpatterns = [
    path("", views.sample, name="sample"),
    path("load/", views.load, name="sample-load"),
    path("remove/", views.remove, name="sample-remove"),
]
