"""The search index: FTS5 on SQLite, a tsvector with GIN on PostgreSQL; and the words that are in it."""

from django.db import migrations, models

SQLITE = [
    "CREATE VIRTUAL TABLE catalog_search USING fts5("
    "tokens, detail='none', columnsize=0, prefix='3 4', tokenize=\"ascii tokenchars '_'\")",
    # Larger pieces in memory before they are written: an import of many entities is far faster.
    "INSERT INTO catalog_search (catalog_search, rank) VALUES ('hashsize', 33554432)",
]
POSTGRESQL = [
    "CREATE TABLE catalog_search (entity_id bigint PRIMARY KEY, tokens tsvector NOT NULL)",
    "CREATE INDEX catalog_search_tokens ON catalog_search USING gin (tokens)",
]


def create(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE catalog_search")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_edits_know_the_source")]

    operations = [
        migrations.CreateModel(
            name="SearchTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("term", models.CharField(max_length=40, unique=True)),
            ],
        ),
        migrations.RunPython(create, drop),
    ]
