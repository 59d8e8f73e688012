from django.urls import path

from roadmaps import views

urlpatterns = [
    path("", views.roadmap, name="roadmap"),
    path("start/", views.start, name="roadmap-start"),
    path("start-date/", views.start_date, name="roadmap-start-date"),
    path("items.csv", views.items_csv, name="roadmap-items-csv"),
    path("burn-up.csv", views.burn_up_csv, name="roadmap-burn-up-csv"),
    path("phases/<int:phase>/add/", views.add_item, name="roadmap-add-item"),
    path("items/<int:item_id>/", views.item, name="roadmap-item"),
    path("items/<int:item_id>/edit/", views.edit_item, name="roadmap-edit-item"),
    path("items/<int:item_id>/tick/", views.tick, name="roadmap-tick"),
    path("items/<int:item_id>/undo/", views.undo, name="roadmap-undo"),
    path("items/<int:item_id>/state/", views.set_state, name="roadmap-state"),
    path("items/<int:item_id>/drop/", views.drop, name="roadmap-drop"),
    path("notes/<int:note_id>/blank/", views.blank_note, name="roadmap-blank-note"),
]
