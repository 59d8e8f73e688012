from django.urls import path

from backups import views

urlpatterns = [
    path("", views.backup, name="backup"),
    path("make/", views.make, name="backup-make"),
    path("withdraw/", views.withdraw, name="backup-withdraw"),
    path("upload/", views.upload, name="backup-upload"),
    path("<str:name>/download/", views.download, name="backup-download"),
    path("<str:name>/restore/", views.restore, name="backup-restore"),
    path("<str:name>/delete/", views.delete, name="backup-delete"),
]
