"""The catalog's tables, and its search index: FTS5 on SQLite, a tsvector with GIN on PostgreSQL."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

from awayteam.catalog.permissions import entity_rule

SQLITE = [
    "CREATE VIRTUAL TABLE catalog_search USING fts5("
    "tokens, state UNINDEXED, detail='none', columnsize=0, prefix='3 4', tokenize=\"ascii tokenchars '_'\")",
    # Larger pieces in memory before they are written: an import of many entities is far faster.
    "INSERT INTO catalog_search (catalog_search, rank) VALUES ('hashsize', 33554432)",
]
# One question of the search is answered by the index always, whatever the planner thinks of the limit: rows that fit may
# all lie at the end of the table, and reading it until enough are found takes half a second instead of a millisecond.
POSTGRESQL = [
    "CREATE TABLE catalog_search (entity_id bigint PRIMARY KEY, tokens tsvector NOT NULL, state text NOT NULL)",
    "CREATE INDEX catalog_search_tokens ON catalog_search USING gin (tokens)",
    f"""
CREATE FUNCTION catalog_search_ask(question tsquery, most integer, everything boolean, trusted bigint[])
RETURNS SETOF bigint LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
  SELECT s.entity_id FROM catalog_search s
  WHERE s.tokens @@ question AND EXISTS (
    SELECT 1 FROM catalog_entity e WHERE e.id = s.entity_id AND e.presence <> 4
    AND (everything OR {entity_rule("e", "= ANY(trusted)")}))
  LIMIT most
$$
""",
    "CREATE INDEX entity_name_begins ON catalog_entity (lower(name) text_pattern_ops)",
]


def create_search(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop_search(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX entity_name_begins")
        schema_editor.execute("DROP FUNCTION catalog_search_ask(tsquery, integer, boolean, bigint[])")
    schema_editor.execute("DROP TABLE catalog_search")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organisation', '0001_initial'),
        ('sources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('term', models.CharField(max_length=40, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='Entity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=300, unique=True)),
                ('kind', models.CharField(max_length=63)),
                ('namespace', models.CharField(default='default', max_length=63)),
                ('name', models.CharField(max_length=200)),
                ('title', models.CharField(blank=True, max_length=300)),
                ('description', models.TextField(blank=True)),
                ('type', models.CharField(blank=True, max_length=100)),
                ('lifecycle', models.CharField(blank=True, max_length=100)),
                ('tags', models.JSONField(default=list)),
                ('presence', models.PositiveSmallIntegerField(choices=[(1, 'Present'), (2, 'Orphan'), (3, 'Missing'), (4, 'Removed')], default=1)),
                ('restricted', models.BooleanField(default=False)),
                ('sort_name', models.CharField(help_text='title or name, case-folded', max_length=300)),
                ('document_index', models.PositiveIntegerField(null=True)),
                ('line', models.PositiveIntegerField(null=True)),
                ('document', models.JSONField(default=dict)),
                ('content_hash', models.CharField(blank=True, help_text='of the declaration, to tell changed from unchanged', max_length=64)),
                ('first_seen_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('orphaned_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('file', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='entities', to='sources.sourcefile')),
                ('owner', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='owned', to='catalog.entity')),
                ('person', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='entity', to='organisation.person')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='entities', to='sources.source')),
                ('system', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='parts', to='catalog.entity')),
                ('team', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='entity', to='organisation.team')),
            ],
            options={
                'verbose_name_plural': 'entities',
                'indexes': [models.Index(fields=['kind', 'presence', 'sort_name', 'id'], name='entity_list'), models.Index(fields=['owner', 'kind', 'sort_name', 'id'], name='entity_owner'), models.Index(condition=models.Q(('system__isnull', False)), fields=['system', 'kind'], name='entity_system'), models.Index(fields=['presence', 'sort_name', 'id'], name='entity_presence'), models.Index(fields=['sort_name', 'id'], name='entity_by_name'), models.Index(fields=['kind', 'sort_name', 'id'], name='entity_kind_name'), models.Index(fields=['type', 'sort_name', 'id'], name='entity_by_type'), models.Index(fields=['kind', 'type', 'sort_name', 'id'], name='entity_kind_type'), models.Index(fields=['lifecycle', 'sort_name', 'id'], name='entity_by_lifecycle'), models.Index(fields=['kind', 'lifecycle', 'sort_name', 'id'], name='entity_kind_lifecycle'), models.Index(fields=['changed_at', 'id'], name='entity_by_change'), models.Index(fields=['kind', 'changed_at', 'id'], name='entity_kind_change'), models.Index(fields=['owner', 'sort_name', 'id'], name='entity_owner_name'), models.Index(condition=models.Q(('restricted', True)), fields=['owner'], name='entity_restricted'), models.Index(django.db.models.functions.text.Lower('name'), name='entity_name')],
            },
        ),
        migrations.CreateModel(
            name='Edit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=40)),
                ('value', models.JSONField(null=True)),
                ('declared', models.JSONField(null=True)),
                ('declared_at', models.DateTimeField(null=True)),
                ('reason', models.TextField()),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='organisation.person')),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='catalog.entity')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('entity', 'field'), name='edit_open_once')],
            },
        ),
        migrations.CreateModel(
            name='ApiOperation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=500)),
                ('name', models.CharField(blank=True, default='', help_text='what code calls it, as operationId', max_length=300)),
                ('verb', models.CharField(blank=True, max_length=20)),
                ('path', models.TextField(blank=True)),
                ('summary', models.TextField(blank=True)),
                ('deprecated', models.BooleanField(default=False)),
                ('tags', models.JSONField(default=list)),
                ('position', models.PositiveIntegerField(default=0)),
                ('api', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='operations', to='catalog.entity')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('api', 'key'), name='operation_once')],
            },
        ),
        migrations.CreateModel(
            name='Alias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ref', models.CharField(max_length=300, unique=True)),
                ('since', models.DateTimeField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='catalog.entity')),
            ],
            options={
                'verbose_name_plural': 'aliases',
            },
        ),
        migrations.CreateModel(
            name='EntityTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(max_length=63)),
                ('entity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tag_rows', to='catalog.entity')),
            ],
            options={
                'indexes': [models.Index(fields=['tag', 'entity'], name='entitytag_tag')],
                'constraints': [models.UniqueConstraint(fields=('entity', 'tag'), name='entitytag_once')],
            },
        ),
        migrations.CreateModel(
            name='FacetCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=63)),
                ('type', models.CharField(blank=True, max_length=100)),
                ('lifecycle', models.CharField(blank=True, max_length=100)),
                ('owner_id', models.BigIntegerField(null=True)),
                ('source_id', models.BigIntegerField(null=True)),
                ('presence', models.PositiveSmallIntegerField(choices=[(1, 'Present'), (2, 'Orphan'), (3, 'Missing'), (4, 'Removed')])),
                ('restricted', models.BooleanField(default=False)),
                ('entities', models.PositiveIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'presence'], name='facetcount_kind')],
            },
        ),
        migrations.CreateModel(
            name='Ownership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts', models.DateTimeField(null=True)),
                ('ends', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ownerships', to='catalog.entity')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ownerships_held', to='catalog.entity')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='sources.source')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('starts__isnull', False)), fields=['starts'], name='ownership_starts'), models.Index(condition=models.Q(('ends__isnull', False)), fields=['ends'], name='ownership_ends')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ends__isnull', True)), fields=('entity',), name='ownership_one_accountable_owner'), models.CheckConstraint(condition=models.Q(('starts__isnull', True), ('ends__isnull', True), ('ends__gte', models.F('starts')), _connector='OR'), name='ownership_ends_after_it_starts')],
            },
        ),
        migrations.CreateModel(
            name='Relation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.PositiveSmallIntegerField()),
                ('origin', models.PositiveSmallIntegerField(choices=[(1, 'Declared'), (2, 'Observed')], default=1)),
                ('declared_by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='declarations', to='catalog.entity')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='outgoing', to='catalog.entity')),
                ('target', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='incoming', to='catalog.entity')),
            ],
            options={
                'indexes': [models.Index(fields=['source', 'type', 'target'], name='relation_out'), models.Index(fields=['target', 'type', 'source'], name='relation_in'), models.Index(fields=['declared_by'], name='relation_declarer')],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField()),
                ('presence', models.PositiveSmallIntegerField(choices=[(1, 'Present'), (2, 'Orphan'), (3, 'Missing'), (4, 'Removed')])),
                ('title', models.CharField(blank=True, max_length=300)),
                ('description', models.TextField(blank=True)),
                ('type', models.CharField(blank=True, max_length=100)),
                ('lifecycle', models.CharField(blank=True, max_length=100)),
                ('tags', models.JSONField(default=list)),
                ('document', models.JSONField(default=dict)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='catalog.entity')),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.entity')),
            ],
            options={
                'indexes': [models.Index(fields=['entity', 'valid_to'], name='revision_entity')],
            },
        ),
        migrations.CreateModel(
            name='TagCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.CharField(max_length=63)),
                ('kind', models.CharField(max_length=63)),
                ('type', models.CharField(blank=True, max_length=100)),
                ('lifecycle', models.CharField(blank=True, max_length=100)),
                ('presence', models.PositiveSmallIntegerField(choices=[(1, 'Present'), (2, 'Orphan'), (3, 'Missing'), (4, 'Removed')])),
                ('entities', models.IntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'type', 'lifecycle', 'presence', 'tag'), name='tagcount_once')],
            },
        ),
        migrations.RunPython(create_search, drop_search),
    ]
