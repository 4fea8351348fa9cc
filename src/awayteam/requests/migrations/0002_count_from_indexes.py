"""Counts of a list are answered from an index alone, where it has the id as well."""

from django.db import migrations, models
from django.db.models import Q

OPEN = Q(closed_at__isnull=True)
INDEXES = [
    models.Index(fields=["turn_team", "closed_at", "id"], name="request_turns", condition=OPEN),
    models.Index(fields=["kind", "closed_at", "id"], name="request_kind", condition=OPEN),
    models.Index(fields=["kind", "state", "id"], name="request_kind_state"),
    models.Index(fields=["home_team", "state", "id"], name="request_home_state"),
]


class Migration(migrations.Migration):
    dependencies = [("requests", "0001_initial")]

    operations = [
        *(migrations.RemoveIndex(model_name="request", name=index.name) for index in INDEXES),
        *(migrations.AddIndex(model_name="request", index=index) for index in INDEXES),
    ]
