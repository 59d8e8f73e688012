from django.urls import path

from delivery.views import connect, listing, page, parts, taking

urlpatterns = [
    path("", page.delivery, name="delivery"),
    path("frequency.csv", page.frequency_csv, name="delivery-frequency-csv"),
    path("mttr.csv", page.mttr_csv, name="delivery-mttr-csv"),
    path("deployments/", listing.deployments, name="deployments"),
    path("incidents/", listing.incidents, name="incidents"),
    path("connect/", connect.connect, name="connect"),
    path("connect/<int:draft_id>/", connect.connect_rules, name="connect-rules"),
    path("repositories/", taking.add, name="repositories-add"),
    path("repositories/<int:source_id>/parts/", parts.add, name="service-add"),
    path("rules/<int:service_id>/end/", parts.end, name="service-end"),
    path("rules/<int:service_id>/", connect.change_rules, name="delivery-rules"),
]
