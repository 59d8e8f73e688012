from django.urls import path

from assessments import views

urlpatterns = [
    path("", views.maturity, name="assessment"),
    path("levels.csv", views.levels_csv, name="assessment-levels-csv"),
    path("start/", views.start, name="assessment-start"),
    path("rounds/<int:round_id>/", views.sheet, name="assessment-round"),
    path("rounds/<int:round_id>/answer/<str:criterion_id>/", views.answer, name="assessment-answer"),
    path("rounds/<int:round_id>/submit/", views.submit, name="assessment-submit"),
    path("rounds/<int:round_id>/review/", views.review, name="assessment-review"),
    path("rounds/<int:round_id>/reopen/", views.reopen, name="assessment-reopen"),
    path("targets/<str:area_key>/", views.target, name="assessment-target"),
    path("criteria/<str:criterion_id>/", views.criterion, name="assessment-criterion"),
    path("criteria/<str:criterion_id>/not-applicable/", views.not_applicable, name="assessment-not-applicable"),
    path("criteria/<str:criterion_id>/inherit/", views.inherit, name="assessment-inherit"),
    path("criteria/<str:criterion_id>/exemption/", views.ask_exemption, name="assessment-exemption"),
    path("criteria/<str:criterion_id>/roadmap/", views.to_roadmap, name="assessment-to-roadmap"),
    path("exemptions/<int:exemption_id>/approve/", views.approve, name="assessment-exemption-approve"),
    path("exemptions/<int:exemption_id>/refuse/", views.refuse, name="assessment-exemption-refuse"),
    path("comments/<int:comment_id>/blank/", views.blank_comment, name="assessment-blank-comment"),
]
