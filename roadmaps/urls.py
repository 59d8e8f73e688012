from django.urls import path

from roadmaps import views

urlpatterns = [path("", views.roadmap, name="roadmap")]
