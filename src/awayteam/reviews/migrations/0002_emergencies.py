from django.db import migrations, models

from awayteam.kernel.appendonly import protect_columns, unprotect_columns

FROZEN = (
    "kind", "review_id", "field", "title", "practice", "team_id", "decider_id", "decider_label", "recommendation",
    "reason", "data", "decided_at",
)


def lift(_apps, editor):
    """SQLite makes the table anew, and a new table has no triggers: they are taken off before, and put on after."""
    unprotect_columns(editor.connection, "reviews_registerentry")


def guard(_apps, editor):
    protect_columns(editor.connection, "reviews_registerentry", FROZEN)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_initial'),
        ('kernel', '0001_initial'),
        ('organisation', '0001_initial'),
        ('reviews', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(lift, guard),
        migrations.RemoveConstraint(
            model_name='registerentry',
            name='entry_override_has_review',
        ),
        migrations.AlterField(
            model_name='registerentry',
            name='kind',
            field=models.CharField(choices=[('override', 'Override'), ('deviation', 'Deviation'), ('emergency', 'Emergency')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='registerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'override'), ('review__isnull', False)), models.Q(('kind__in', ['deviation', 'emergency']), ('review__isnull', True)), _connector='OR'), name='entry_override_has_review'),
        ),
        migrations.RunPython(guard, lift),
    ]
