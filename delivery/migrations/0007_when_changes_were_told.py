"""When the words about pushed changes were told, and the list of a deployment's changes, which a newer one replaces.

What is stored already is of when the newest word about its deployment was told: nobody kept more.
"""

from django.db import migrations, models
from django.db.models import F, Max, OuterRef, Subquery


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    tables = (apps.get_model("delivery", name) for name in ("Change", "Deployment", "Telling"))
    changes, deployments, tellings = (table.objects.using(alias) for table in tables)
    telling = tellings.values("deployment")
    deployments.filter(pk__in=telling).update(changes_told_at=F("told_at"))
    newest = tellings.filter(change=OuterRef("pk")).values("change").annotate(at=Max("deployment__told_at")).values("at")
    changes.filter(key__startswith="push:").update(told_at=Subquery(newest))


class Migration(migrations.Migration):
    dependencies = [("delivery", "0006_changes_without_told")]

    operations = [
        migrations.AddField("change", "told_at", models.DateTimeField(null=True)),
        migrations.AddField("deployment", "changes_told_at", models.DateTimeField(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
