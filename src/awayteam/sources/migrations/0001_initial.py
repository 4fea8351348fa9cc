import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('folder', 'Folder'), ('file', 'File'), ('git', 'Git'), ('remote', 'Remote'), ('manual', 'Manual')], max_length=10)),
                ('location', models.TextField()),
                ('ref', models.CharField(blank=True, max_length=200)),
                ('globs', models.JSONField(default=list)),
                ('revision', models.CharField(blank=True, max_length=64)),
                ('webhook_secret', models.CharField(blank=True, max_length=200)),
                ('watched', models.BooleanField(default=False)),
                ('refresh_requested_at', models.DateTimeField(null=True)),
                ('last_attempt_at', models.DateTimeField(null=True)),
                ('last_success_at', models.DateTimeField(null=True)),
                ('last_error', models.TextField(blank=True)),
                ('counts', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SourceFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.TextField()),
                ('format', models.CharField(max_length=30)),
                ('content_hash', models.CharField(max_length=64)),
                ('stamp', models.CharField(blank=True, default='', max_length=200)),
                ('good', models.BooleanField(default=True)),
                ('needs', models.JSONField(default=dict)),
                ('targets', models.JSONField(default=list)),
                ('read_at', models.DateTimeField()),
                ('good_at', models.DateTimeField(null=True)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='sources.source')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'path'), name='sourcefile_path')],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(db_index=True, default='file', max_length=15)),
                ('path', models.TextField(blank=True)),
                ('document', models.PositiveIntegerField(null=True)),
                ('line', models.PositiveIntegerField(null=True)),
                ('entity', models.CharField(blank=True, max_length=300)),
                ('message', models.TextField()),
                ('found_at', models.DateTimeField()),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='sources.source')),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='sources.sourcefile')),
            ],
        ),
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(db_index=True, max_length=300)),
                ('dropped_document', models.PositiveIntegerField()),
                ('dropped_line', models.PositiveIntegerField(null=True)),
                ('dropped_file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duplicates_dropped', to='sources.sourcefile')),
                ('kept_file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='duplicates_kept', to='sources.sourcefile')),
            ],
        ),
    ]
