from django.db import migrations, models
from django.db.models import Count


def tell_apart(apps, schema_editor):
    people = apps.get_model("teams", "Person").objects.using(schema_editor.connection.alias).filter(removed_at=None)
    shared = people.exclude(name="").values("name").annotate(alike=Count("pk")).filter(alike__gt=1)
    people.filter(name__in=[each["name"] for each in shared]).update(shares_name=True)


class Migration(migrations.Migration):
    dependencies = [("teams", "0005_people_and_tokens")]
    operations = [
        migrations.AddField("person", "shares_name", models.BooleanField(default=False, editable=False)),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
    ]
