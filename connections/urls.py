from django.urls import path

from connections import views

urlpatterns = [path("", views.connections, name="connections")]
