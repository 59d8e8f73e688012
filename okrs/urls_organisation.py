"""Addresses of okrs/ and check-ins/: the organisation's OKRs, and single cycles, objectives and key results of anybody."""

from django.urls import path

from okrs.views import checking, cycles, editing, reading

urlpatterns = [
    path("check-ins/", reading.check_ins, name="check-ins"),
    path("okrs/", reading.okrs, name="organisation-okrs"),
    path("okrs/check-ins.csv", reading.okr_check_ins_csv, name="organisation-check-ins-csv"),
    path("okrs/cycles/add/", cycles.add_cycle, name="organisation-cycle-add"),
    path("okrs/cycles/<int:cycle_id>/objectives/add/", editing.add_objective, name="organisation-objective-add"),
    path("okrs/cycles/<int:cycle_id>/example/", cycles.take_example, name="organisation-example"),
    path("okrs/cycles/<int:cycle_id>/carry-over/", cycles.carry_over, name="organisation-carry-over"),
    path("okrs/cycles/<int:cycle_id>/", cycles.edit_cycle, name="okr-cycle"),
    path("okrs/cycles/<int:cycle_id>/close/", cycles.close_cycle, name="okr-cycle-close"),
    path("okrs/cycles/<int:cycle_id>/reopen/", cycles.reopen_cycle, name="okr-cycle-reopen"),
    path("okrs/objectives/<int:objective_id>/", editing.objective, name="okr-objective"),
    path("okrs/objectives/<int:objective_id>/archive/", editing.archive_objective, name="okr-objective-archive"),
    path("okrs/objectives/<int:objective_id>/move/", editing.move_objective, name="okr-objective-move"),
    path("okrs/objectives/<int:objective_id>/key-results/add/", editing.add_key_result, name="key-result-add"),
    path("okrs/key-results/<int:key_result_id>/", reading.key_result, name="key-result"),
    path("okrs/key-results/<int:key_result_id>/check-ins.csv", reading.check_ins_csv, name="key-result-csv"),
    path("okrs/key-results/<int:key_result_id>/check-in/", checking.check_in, name="key-result-check-in"),
    path(
        "okrs/key-results/<int:key_result_id>/remarks/<int:remark_id>/blank/",
        checking.blank_remark,
        name="key-result-blank-remark",
    ),
    path("okrs/key-results/<int:key_result_id>/edit/", editing.edit_key_result, name="key-result-edit"),
    path("okrs/key-results/<int:key_result_id>/entries/", editing.edit_entries, name="key-result-entries"),
    path("okrs/key-results/<int:key_result_id>/archive/", editing.archive_key_result, name="key-result-archive"),
    path("okrs/key-results/<int:key_result_id>/move/", editing.move_key_result, name="key-result-move"),
    path("okrs/key-results/<int:key_result_id>/owner/", editing.assign, name="key-result-owner"),
    path("okrs/key-results/<int:key_result_id>/grade/", editing.grade, name="key-result-grade"),
]
