import django.db.models.deletion
from django.db import migrations, models


def by_language(apps, schema_editor):
    """A plan was kept in one language: that of whoever brought the file. The other one is there when somebody checks it again."""
    uploads = apps.get_model("imports", "Upload").objects.using(schema_editor.connection.alias)
    for upload in uploads.only("plan", "language").iterator(20):
        if isinstance(upload.plan, list):
            upload.plan = {upload.language: upload.plan} if upload.plan else {}
            upload.save(update_fields=["plan"])


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='upload',
            name='plan',
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name='upload',
            name='team',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.team'),
        ),
        migrations.RunPython(by_language, migrations.RunPython.noop, elidable=True),
    ]
