"""Decisions against the rule of an experiment stand in the register too."""

from importlib import import_module

from django.db import migrations, models

before = import_module("awayteam.reviews.migrations.0002_emergencies")


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0002_emergencies'),
    ]

    operations = [
        migrations.RunPython(before.lift, before.guard),
        migrations.RemoveConstraint(
            model_name='registerentry',
            name='entry_override_has_review',
        ),
        migrations.AlterField(
            model_name='registerentry',
            name='kind',
            field=models.CharField(choices=[('override', 'Override'), ('deviation', 'Deviation'), ('emergency', 'Emergency'), ('experiment', 'Experiment')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='registerentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'override'), ('review__isnull', False)), models.Q(('kind__in', ['deviation', 'emergency', 'experiment']), ('review__isnull', True)), _connector='OR'), name='entry_override_has_review'),
        ),
        migrations.RunPython(before.guard, before.lift),
    ]
