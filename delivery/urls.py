from django.urls import path

from delivery.views import connect, entering, hand, listing, page, parts, point, policy, taking, ways

urlpatterns = [
    path("", page.delivery, name="delivery"),
    path("charts/<str:name>/", page.chart_file, name="delivery-chart"),
    path("point/", point.point, name="delivery-point"),
    path("policy/", policy.policy, name="delivery-policy"),
    path("deployments/", listing.deployments, name="deployments"),
    path("deployments/<int:deployment_id>/", hand.deployment, name="deployment"),
    path("incidents/", listing.incidents, name="incidents"),
    path("ways-in/", ways.ways_in, name="ways-in"),
    path("ways-in/alerts/", entering.alert_rule, name="alert-rule"),
    path("deployments/new/", entering.deployment_new, name="deployment-new"),
    path("deployments/<int:deployment_id>/edit/", entering.deployment_edit, name="deployment-edit"),
    path("deployments/<int:deployment_id>/withdraw/", entering.deployment_withdraw, name="deployment-withdraw"),
    path("incidents/new/", entering.incident_new, name="incident-new"),
    path("incidents/<int:incident_id>/edit/", entering.incident_edit, name="incident-edit"),
    path("incidents/<int:incident_id>/withdraw/", entering.incident_withdraw, name="incident-withdraw"),
    path("incidents/<int:incident_id>/", hand.incident, name="incident"),
    path("changes/", listing.changes, name="changes"),
    path("corrections/<int:correction_id>/withdraw/", hand.withdraw, name="correction-withdraw"),
    path("connect/", connect.connect, name="connect"),
    path("connect/<int:draft_id>/", connect.connect_rules, name="connect-rules"),
    path("repositories/", taking.add, name="repositories-add"),
    path("repositories/<int:source_id>/parts/", parts.add, name="service-add"),
    path("rules/<int:service_id>/end/", parts.end, name="service-end"),
    path("rules/<int:service_id>/", connect.change_rules, name="delivery-rules"),
]
