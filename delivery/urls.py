from django.urls import path

from delivery.views import connect, entering, listing, page, parts, taking, ways

urlpatterns = [
    path("", page.delivery, name="delivery"),
    path("frequency.csv", page.frequency_csv, name="delivery-frequency-csv"),
    path("mttr.csv", page.mttr_csv, name="delivery-mttr-csv"),
    path("deployments/", listing.deployments, name="deployments"),
    path("incidents/", listing.incidents, name="incidents"),
    path("ways-in/", ways.ways_in, name="ways-in"),
    path("ways-in/alerts/", entering.alert_rule, name="alert-rule"),
    path("deployments/new/", entering.deployment_new, name="deployment-new"),
    path("deployments/<int:deployment_id>/edit/", entering.deployment_edit, name="deployment-edit"),
    path("deployments/<int:deployment_id>/withdraw/", entering.deployment_withdraw, name="deployment-withdraw"),
    path("incidents/new/", entering.incident_new, name="incident-new"),
    path("incidents/<int:incident_id>/edit/", entering.incident_edit, name="incident-edit"),
    path("incidents/<int:incident_id>/withdraw/", entering.incident_withdraw, name="incident-withdraw"),
    path("connect/", connect.connect, name="connect"),
    path("connect/<int:draft_id>/", connect.connect_rules, name="connect-rules"),
    path("repositories/", taking.add, name="repositories-add"),
    path("repositories/<int:source_id>/parts/", parts.add, name="service-add"),
    path("rules/<int:service_id>/end/", parts.end, name="service-end"),
    path("rules/<int:service_id>/", connect.change_rules, name="delivery-rules"),
]
