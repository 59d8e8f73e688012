from django.urls import path

from delivery import views

urlpatterns = [path("", views.delivery, name="delivery")]
