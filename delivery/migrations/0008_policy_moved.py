from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("delivery", "0007_when_changes_were_told")]
    operations = [
        migrations.AddField(
            model_name="policy", name="moved", field=models.JSONField(blank=True, default=dict),
        ),
    ]
