from datetime import datetime, timedelta

from django.db import migrations, models

import teams.models
from core import clock


def a_year_from_now() -> datetime:
    """Tokens from before there was an expiry: programs keep working, but not for ever."""
    return clock.now() + timedelta(days=365)


class Migration(migrations.Migration):
    dependencies = [("teams", "0004_sign_in")]

    operations = [
        migrations.AddField(
            "apitoken", "expires_at", models.DateTimeField(default=a_year_from_now, editable=False), preserve_default=False
        ),
        migrations.AlterField(
            "apitoken", "expires_at", models.DateTimeField(default=teams.models.ninety_days_from_now, editable=False)
        ),
        migrations.AddField("apitoken", "key_result_id", models.PositiveBigIntegerField(editable=False, null=True)),
        migrations.AddField("person", "removed_at", models.DateTimeField(editable=False, null=True)),
        migrations.AlterField(
            "apitoken",
            "scope",
            models.CharField(
                choices=[
                    ("read", "Read"),
                    ("write", "Read and write"),
                    ("key_result", "Check in on one key result"),
                ],
                default="read",
                max_length=16,
                verbose_name="scope",
            ),
        ),
        migrations.AddConstraint(
            "apitoken",
            models.CheckConstraint(
                condition=models.Q(("key_result_id__isnull", False), ("scope", "key_result"))
                | models.Q(models.Q(("scope", "key_result"), _negated=True), ("key_result_id", None)),
                name="token_for_one_key_result_or_none",
            ),
        ),
    ]
