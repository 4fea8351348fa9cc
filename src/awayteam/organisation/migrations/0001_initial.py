import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('sources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=300, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('title', models.CharField(blank=True, max_length=300)),
                ('is_unit', models.BooleanField(default=False)),
                ('type', models.CharField(blank=True, max_length=100)),
                ('declared', models.BooleanField(default=True)),
                ('mission', models.TextField(blank=True)),
                ('contacts', models.JSONField(default=dict)),
                ('email', models.CharField(blank=True, max_length=320)),
                ('picture', models.TextField(blank=True)),
                ('on_call_url', models.TextField(blank=True)),
                ('time_zone', models.CharField(blank=True, max_length=60)),
                ('calendar', models.JSONField(default=dict)),
                ('dissolved_at', models.DateTimeField(null=True)),
                ('parent', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='children', to='organisation.team')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='sources.source')),
            ],
            options={
                'indexes': [models.Index(fields=['name'], name='team_name')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=300, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('display_name', models.CharField(blank=True, max_length=300)),
                ('email', models.CharField(blank=True, max_length=320)),
                ('picture', models.TextField(blank=True)),
                ('declared', models.BooleanField(default=True)),
                ('time_zone', models.CharField(blank=True, max_length=60)),
                ('left_at', models.DateTimeField(null=True)),
                ('manager', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports', to='organisation.person')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='sources.source')),
                ('primary_team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['name'], name='person_name')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('member', 'Member'), ('lead', 'Lead'), ('decider', 'Decider'), ('trusted-committer', 'Trusted Committer'), ('manager', 'Manager')], default='member', max_length=20)),
                ('starts', models.DateTimeField(null=True)),
                ('ends', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('declared_by', models.CharField(blank=True, help_text='reference of the entity whose document says so', max_length=300)),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='sources.source')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='organisation.person')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='organisation.team')),
            ],
            options={
                'indexes': [models.Index(fields=['declared_by'], name='membership_declared_by')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends__isnull', True)), fields=('team', 'person', 'role'), name='membership_open_once'), models.CheckConstraint(condition=models.Q(('starts__isnull', True), ('ends__isnull', True), ('ends__gte', models.F('starts')), _connector='OR'), name='membership_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='FactEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=40)),
                ('value', models.JSONField(null=True)),
                ('declared', models.JSONField(null=True)),
                ('declared_at', models.DateTimeField(help_text="when the source's value last changed since the edit", null=True)),
                ('reason', models.TextField()),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='organisation.person')),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='organisation.team')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', True), ('team__isnull', False)), models.Q(('person__isnull', False), ('team__isnull', True)), _connector='OR'), name='factedit_of_one_thing'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('team__isnull', False)), fields=('team', 'field'), name='factedit_team_open_once'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('person__isnull', False)), fields=('person', 'field'), name='factedit_person_open_once')],
            },
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=40)),
                ('value', models.CharField(max_length=320)),
                ('value_key', models.CharField(max_length=320)),
                ('confidence', models.CharField(choices=[('confirmed', 'Confirmed'), ('declared', 'Declared'), ('inferred', 'Inferred'), ('guess', 'Guess')], default='declared', max_length=10)),
                ('evidence', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='sources.source')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='organisation.person')),
            ],
            options={
                'verbose_name_plural': 'identities',
                'constraints': [models.UniqueConstraint(fields=('provider', 'value_key'), name='identity_once')],
            },
        ),
    ]
