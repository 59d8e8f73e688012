from django.db import migrations, models
from django.db.models.functions import Coalesce


def forget(apps, schema_editor):
    """What is prepared says nothing about the lead times of weeks; beat makes it anew within a minute."""
    apps.get_model("delivery", "PreparedQuarter").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = [("delivery", "0008_policy_moved")]
    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.AddField(
            model_name="preparedquarter", name="lead_times", field=models.JSONField(default=list), preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="deployment",
            index=models.Index(
                models.F("service"), Coalesce("finished_at", "created_at").desc(), name="deployment_newest"
            ),
        ),
    ]
