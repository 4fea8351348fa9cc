import awayteam.notifications.rules
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('event', models.CharField(max_length=60)),
                ('group', models.CharField(choices=[('turn', 'turn'), ('mention', 'mention'), ('moved', 'moved'), ('subscription', 'subscription')], max_length=20)),
                ('subject_kind', models.CharField(max_length=30)),
                ('subject_id', models.BigIntegerField()),
                ('subject_label', models.CharField(max_length=300)),
                ('text', models.CharField(max_length=1000)),
                ('address', models.CharField(blank=True, max_length=500)),
                ('actor_person_id', models.BigIntegerField(null=True)),
                ('actor_label', models.CharField(blank=True, max_length=200)),
                ('urgent', models.BooleanField(default=False)),
                ('read_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='organisation.person')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['person', '-at', '-id'], name='notification_person'), models.Index(condition=models.Q(('read_at__isnull', True)), fields=['person', '-id'], name='notification_unread'), models.Index(fields=['key'], name='notification_key'), models.Index(fields=['person', 'subject_kind', 'subject_id'], name='notification_subject'), models.Index(fields=['at'], name='notification_at')],
                'constraints': [models.UniqueConstraint(fields=('person', 'key'), name='notification_once')],
            },
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('choices', models.JSONField(default=dict)),
                ('quiet_start', models.CharField(blank=True, max_length=5)),
                ('quiet_end', models.CharField(blank=True, max_length=5)),
                ('quiet_days', models.JSONField(default=list)),
                ('urgent_in_quiet', models.BooleanField(default=False)),
                ('digest_time', models.CharField(blank=True, max_length=5)),
                ('digest_weekday', models.PositiveSmallIntegerField(null=True)),
                ('slack_url', models.TextField(blank=True)),
                ('webhook_url', models.URLField(blank=True, max_length=2000)),
                ('webhook_secret', models.TextField(blank=True)),
                ('changed_at', models.DateTimeField()),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='preference', to='organisation.person')),
            ],
        ),
        migrations.CreateModel(
            name='Sending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'email'), ('slack', 'slack'), ('webhook', 'webhook')], max_length=10)),
                ('when', models.CharField(choices=[('at-once', 'at-once'), ('daily', 'daily'), ('weekly', 'weekly'), ('never', 'never')], max_length=10)),
                ('due_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('notification', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sendings', to='notifications.notification')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.person')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('done_at__isnull', True)), fields=['due_at', 'id'], name='sending_due'), models.Index(condition=models.Q(('done_at__isnull', True)), fields=['person', 'channel'], name='sending_person')],
                'constraints': [models.UniqueConstraint(fields=('notification', 'channel'), name='sending_once')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_kind', models.CharField(max_length=30)),
                ('subject_id', models.BigIntegerField()),
                ('level', models.CharField(choices=[('all', 'all'), ('turns', 'turns'), ('muted', 'muted')], default=awayteam.notifications.rules.Level['ALL'], max_length=10)),
                ('since', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='subscriptions', to='organisation.person')),
            ],
            options={
                'indexes': [models.Index(fields=['subject_kind', 'subject_id'], name='subscription_subject')],
                'constraints': [models.UniqueConstraint(fields=('person', 'subject_kind', 'subject_id'), name='subscription_once')],
            },
        ),
        migrations.CreateModel(
            name='TeamChannel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.TextField()),
                ('host', models.CharField(help_text='of the address, for people to know it again', max_length=255)),
                ('active', models.BooleanField(default=True)),
                ('changed_at', models.DateTimeField()),
                ('team', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='channel', to='organisation.team')),
            ],
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('with_teams', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('last_read_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calendar_feeds', to='organisation.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('person',), name='calendarfeed_open_once')],
            },
        ),
    ]
