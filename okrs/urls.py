"""Addresses of teams/<id>/okrs/; the organisation's and those of single rows are in urls_organisation.py."""

from django.urls import path

from okrs.views import cycles, editing, reading

urlpatterns = [
    path("", reading.okrs, name="okrs"),
    path("check-ins.csv", reading.okr_check_ins_csv, name="okr-check-ins-csv"),
    path("cycles/add/", cycles.add_cycle, name="okr-cycle-add"),
    path("cycles/<int:cycle_id>/objectives/add/", editing.add_objective, name="okr-objective-add"),
    path("cycles/<int:cycle_id>/example/", cycles.take_example, name="okr-example"),
    path("cycles/<int:cycle_id>/carry-over/", cycles.carry_over, name="okr-carry-over"),
]
