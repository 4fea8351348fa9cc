"""What lists show of a verdict, beside the change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gate", "0001_initial")]

    operations = [
        migrations.AddField("change", "says", models.CharField(blank=True, max_length=200)),
        migrations.AddField("change", "standings", models.JSONField(default=list)),
        migrations.AddField("change", "due_at", models.DateTimeField(null=True)),
    ]
