import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('catalog', '0001_initial'),
        ('organisation', '0001_initial'),
        ('sources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Branch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('merged', models.BigIntegerField()),
                ('first', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Folder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.TextField()),
                ('digest', models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.BigIntegerField(default=0)),
                ('organisation', models.CharField(blank=True, max_length=64)),
                ('rules', models.CharField(blank=True, max_length=64)),
                ('is_dated', models.BooleanField(default=False)),
                ('derived_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CommitAuthor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('email', models.TextField()),
                ('digest', models.CharField(help_text='of name and address, which may be long', max_length=32, unique=True)),
                ('kind', models.CharField(default='unresolved', max_length=20)),
                ('person_key', models.CharField(blank=True, db_index=True, max_length=400)),
                ('login', models.CharField(blank=True, max_length=320)),
                ('method', models.CharField(blank=True, max_length=30)),
                ('evidence', models.TextField(blank=True)),
                ('is_guess', models.BooleanField(default=False)),
                ('identity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.identity')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
            ],
            options={
                'indexes': [models.Index(fields=['kind'], name='commitauthor_kind')],
            },
        ),
        migrations.CreateModel(
            name='Commit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha', models.CharField(max_length=64)),
                ('committed', models.BigIntegerField()),
                ('subject', models.CharField(max_length=160)),
                ('files', models.PositiveIntegerField(default=0)),
                ('mark', models.BigIntegerField()),
                ('is_merge', models.BooleanField(default=False)),
                ('is_copy', models.BooleanField(default=False)),
                ('stands', models.PositiveSmallIntegerField(choices=[(1, 'home'), (2, 'away'), (3, 'mixed'), (4, 'unowned'), (5, 'no files'), (6, 'bot'), (7, 'duplicate'), (8, 'merge')], null=True)),
                ('stands_at_head', models.PositiveSmallIntegerField(choices=[(1, 'home'), (2, 'away'), (3, 'mixed'), (4, 'unowned'), (5, 'no files'), (6, 'bot'), (7, 'duplicate'), (8, 'merge')], null=True)),
                ('branch', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contributions.branch')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contributions.commitauthor')),
            ],
            options={
                'indexes': [models.Index(fields=['mark'], name='commit_mark')],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('says', models.CharField(choices=[('person', 'Person'), ('bot', 'Bot'), ('outsider', 'Outsider')], max_length=10)),
                ('reason', models.TextField()),
                ('made_by_label', models.CharField(max_length=200)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corrections', to='contributions.commitauthor')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.person')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('author',), name='correction_open_once'), models.CheckConstraint(condition=models.Q(models.Q(('person__isnull', False), ('says', 'person')), models.Q(('person__isnull', True), ('says__in', ['bot', 'outsider'])), _connector='OR'), name='correction_names_a_person_or_none')],
            },
        ),
        migrations.CreateModel(
            name='FolderTouch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('files', models.PositiveIntegerField()),
                ('commit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contributions.commit')),
                ('folder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='touches', to='contributions.folder')),
            ],
        ),
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=400, unique=True)),
                ('label', models.CharField(max_length=400)),
                ('team', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organisation.team')),
                ('unit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='organisation.team')),
            ],
            options={
                'verbose_name_plural': 'parties',
            },
        ),
        migrations.CreateModel(
            name='OwnerSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=32, unique=True)),
                ('written', models.JSONField(default=list)),
                ('people', models.JSONField(default=list)),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contributions.party')),
            ],
        ),
        migrations.AddField(
            model_name='commit',
            name='origin',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contributions.party'),
        ),
        migrations.AddField(
            model_name='commit',
            name='origin_at_head',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contributions.party'),
        ),
        migrations.CreateModel(
            name='Repository',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('location', models.TextField()),
                ('ref', models.CharField(blank=True, max_length=200)),
                ('slug', models.CharField(blank=True, max_length=300)),
                ('source_revision', models.CharField(blank=True, max_length=64)),
                ('tip', models.CharField(blank=True, max_length=64)),
                ('newest', models.BigIntegerField(null=True)),
                ('format', models.CharField(blank=True, max_length=20)),
                ('rule_file', models.TextField(blank=True)),
                ('rule_versions', models.PositiveIntegerField(default=0)),
                ('mailmap', models.TextField(blank=True)),
                ('rule_logins', models.JSONField(default=list)),
                ('notes', models.JSONField(default=list)),
                ('progress', models.PositiveIntegerField(null=True)),
                ('unjudged', models.BooleanField(default=False)),
                ('refresh_requested_at', models.DateTimeField(null=True)),
                ('last_attempt_at', models.DateTimeField(null=True)),
                ('last_success_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField()),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='repositories', to='sources.source')),
            ],
            options={
                'verbose_name_plural': 'repositories',
                'constraints': [models.UniqueConstraint(fields=('location', 'ref'), name='repository_once')],
            },
        ),
        migrations.AddField(
            model_name='folder',
            name='repository',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='folders', to='contributions.repository'),
        ),
        migrations.CreateModel(
            name='Flow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('committed', models.BigIntegerField()),
                ('reading', models.PositiveSmallIntegerField(choices=[(0, 'both'), (1, 'commit'), (2, 'head')])),
                ('files', models.PositiveIntegerField()),
                ('commit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flows', to='contributions.commit')),
                ('origin', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contributions.party')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contributions.party')),
                ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contributions.repository')),
            ],
            options={
                'indexes': [models.Index(fields=['repository', 'committed'], name='flow_time')],
            },
        ),
        migrations.AddField(
            model_name='commit',
            name='repository',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='commits', to='contributions.repository'),
        ),
        migrations.AddField(
            model_name='branch',
            name='repository',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='branches', to='contributions.repository'),
        ),
        migrations.CreateModel(
            name='AuthorShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('commits', models.PositiveIntegerField(default=0)),
                ('branches', models.JSONField(default=dict)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shares', to='contributions.commitauthor')),
                ('repository', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contributions.repository')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('repository', 'author'), name='authorshare_once')],
            },
        ),
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('digest', models.CharField(max_length=32)),
                ('owners', models.JSONField(default=list)),
                ('file', models.TextField(blank=True)),
                ('line', models.PositiveIntegerField(default=0)),
                ('party', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='areas', to='contributions.party')),
                ('repository', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='areas', to='contributions.repository')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('repository', 'digest'), name='area_once')],
            },
        ),
        migrations.CreateModel(
            name='RepositoryEntity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folder', models.TextField(blank=True)),
                ('evidence', models.CharField(max_length=60)),
                ('rule_owners', models.JSONField(default=list)),
                ('rule', models.TextField(blank=True)),
                ('agrees', models.BooleanField(null=True)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='repository_links', to='catalog.entity')),
                ('repository', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='contributions.repository')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('repository', 'entity'), name='repositoryentity_once')],
            },
        ),
        migrations.CreateModel(
            name='Touch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('files', models.PositiveIntegerField()),
                ('reading', models.PositiveSmallIntegerField(choices=[(0, 'both'), (1, 'commit'), (2, 'head')], default=0)),
                ('at_home', models.BooleanField(null=True)),
                ('at_home_at_head', models.BooleanField(null=True)),
                ('area', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contributions.area')),
                ('commit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='touches', to='contributions.commit')),
                ('owners', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contributions.ownerset')),
            ],
        ),
        migrations.AddConstraint(
            model_name='folder',
            constraint=models.UniqueConstraint(fields=('repository', 'digest'), name='folder_once'),
        ),
        migrations.AddIndex(
            model_name='commit',
            index=models.Index(fields=['repository', 'committed'], name='commit_time'),
        ),
        migrations.AddConstraint(
            model_name='commit',
            constraint=models.UniqueConstraint(fields=('repository', 'sha'), name='commit_once'),
        ),
    ]
