from django.db import migrations, models

from awayteam.kernel.appendonly import protect, unprotect


def lift(_apps, editor):
    """SQLite makes the table anew, and a new table has no triggers: they are taken off before, and put on after."""
    unprotect(editor.connection, "gate_judgement")


def guard(_apps, editor):
    protect(editor.connection, "gate_judgement")


class Migration(migrations.Migration):

    dependencies = [
        ('gate', '0002_change_summary'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='watch',
            name='people_until',
        ),
        migrations.RunPython(lift, guard),
        migrations.AddField(
            model_name='judgement',
            name='digest',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(guard, lift),
        migrations.AddField(
            model_name='watch',
            name='seen',
            field=models.JSONField(default=list),
        ),
    ]
