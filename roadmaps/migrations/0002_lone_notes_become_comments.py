"""Notes beside no tick become comments on their item, so that there is one way to say something. Notes beside a tick stay."""

from django.db import migrations


def move(apps, schema_editor):
    # A restore migrates a database beside the running portal's.
    notes, comments, words = (
        apps.get_model(*name).objects.using(schema_editor.connection.alias)
        for name in (("roadmaps", "Note"), ("comments", "Comment"), ("comments", "Words"))
    )
    for note in notes.filter(tick=None).select_related("item__roadmap").order_by("recorded_at", "pk"):
        comment = comments.create(
            team_id=note.item.roadmap.team_id,
            kind="item",
            topic=str(note.item_id),
            person_id=note.person_id,
            recorded_at=note.recorded_at,
        )
        words.create(
            comment=comment, text=note.text, blanked_at=note.blanked_at, blanked_by_id=note.blanked_by_id
        )
        note.delete()


class Migration(migrations.Migration):
    dependencies = [("roadmaps", "0001_initial"), ("comments", "0001_initial")]
    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
