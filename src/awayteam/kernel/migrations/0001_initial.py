"""The kernel's tables. The event log can only grow: both databases refuse to change, delete or empty it."""

import django.db.models.deletion
from django.db import migrations, models

from awayteam.kernel.appendonly import protect, unprotect


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='PeriodicJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('next_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('version', models.PositiveBigIntegerField(default=0)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('url', models.URLField(max_length=2000)),
                ('secret', models.CharField(max_length=500)),
                ('events', models.JSONField(default=list)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=60)),
                ('subject_kind', models.CharField(max_length=30)),
                ('subject_id', models.BigIntegerField()),
                ('subject_label', models.CharField(default='', max_length=300)),
                ('turn_person_id', models.BigIntegerField(null=True)),
                ('turn_team_id', models.BigIntegerField(null=True)),
                ('state', models.CharField(choices=[('running', 'Running'), ('paused', 'Paused'), ('stopped', 'Stopped'), ('expired', 'Expired')], default='running', max_length=10)),
                ('started_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('allowance_minutes', models.PositiveIntegerField(help_text='working minutes granted at the start')),
                ('remaining_minutes', models.PositiveIntegerField(help_text='working minutes left while paused', null=True)),
                ('calendar', models.JSONField(default=dict, help_text='time zone, country, subdivision, hours as at the start')),
                ('reminders', models.JSONField(default=list, help_text='times (ISO 8601) that are still to be announced')),
                ('next_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=0)),
                ('data', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'running')), fields=['next_at', 'id'], name='clock_due'), models.Index(fields=['subject_kind', 'subject_id'], name='clock_subject'), models.Index(fields=['turn_person_id', 'state', 'due_at'], name='clock_person'), models.Index(fields=['turn_team_id', 'state', 'due_at'], name='clock_team')],
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('name', models.CharField(max_length=60)),
                ('subject_kind', models.CharField(max_length=30)),
                ('subject_id', models.BigIntegerField()),
                ('subject_label', models.CharField(max_length=300)),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor_person_id', models.BigIntegerField(null=True)),
                ('actor_label', models.CharField(max_length=200)),
                ('reason', models.TextField(blank=True)),
                ('data', models.JSONField(default=dict)),
                ('rulebook_version', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['subject_kind', 'subject_id', 'id'], name='event_subject'), models.Index(fields=['name', 'id'], name='event_name'), models.Index(fields=['at'], name='event_at'), models.Index(condition=models.Q(('actor_person_id__isnull', False)), fields=['actor_person_id', 'id'], name='event_actor')],
            },
        ),
        migrations.CreateModel(
            name='IdempotentWrite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.BigIntegerField()),
                ('key', models.CharField(max_length=200)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('headers', models.JSONField(default=dict)),
                ('body', models.BinaryField(default=b'')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['created_at'], name='idempotent_write_created')],
                'constraints': [models.UniqueConstraint(fields=('user_id', 'key'), name='idempotent_write_once')],
            },
        ),
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('idempotency_key', models.CharField(max_length=200, unique=True)),
                ('channel', models.CharField(max_length=30)),
                ('payload', models.JSONField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('dead', 'Dead')], default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_at', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('lease_token', models.CharField(blank=True, max_length=40)),
                ('last_error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(null=True)),
                ('webhook', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='kernel.webhook')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_at', 'id'], name='outbox_due'), models.Index(fields=['state', '-id'], name='outbox_state')],
            },
        ),
        migrations.RunPython(
            lambda _apps, editor: protect(editor.connection, "kernel_event"),
            lambda _apps, editor: unprotect(editor.connection, "kernel_event"),
        ),
    ]
