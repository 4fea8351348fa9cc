"""Finding the owners whose day has come without reading all."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_read_fast_again")]

    operations = [
        migrations.AddIndex(
            "ownership",
            models.Index(fields=["starts"], name="ownership_starts", condition=Q(starts__isnull=False)),
        ),
        migrations.AddIndex(
            "ownership",
            models.Index(fields=["ends"], name="ownership_ends", condition=Q(ends__isnull=False)),
        ),
    ]
