from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0006_changes_without_told")]
    operations = [
        migrations.AddField(
            model_name="policy", name="moved", field=models.JSONField(blank=True, default=dict),
        ),
    ]
