"""Which deployment named a change is kept of each (Telling); what the first of them was called is asked there."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("delivery", "0005_prepared_quarters")]

    operations = [migrations.RemoveField(model_name="change", name="told")]
