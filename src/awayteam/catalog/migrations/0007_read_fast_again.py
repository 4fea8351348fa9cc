"""PostgreSQL's part of the search is made from the one text of the rule of what may be seen, and finds the beginnings
of names by the index of names."""

from django.db import migrations

from awayteam.catalog.permissions import entity_rule

ASK = f"""
CREATE OR REPLACE FUNCTION catalog_search_ask(question tsquery, most integer, everything boolean, trusted bigint[])
RETURNS SETOF bigint LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
  SELECT s.entity_id FROM catalog_search s
  WHERE s.tokens @@ question AND EXISTS (
    SELECT 1 FROM catalog_entity e WHERE e.id = s.entity_id AND e.presence <> 4
    AND (everything OR {entity_rule("e", "= ANY(trusted)")}))
  LIMIT most
$$
"""
NAMES = "CREATE INDEX entity_name_begins ON catalog_entity (lower(name) text_pattern_ops)"


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ASK)
        schema_editor.execute(NAMES)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX entity_name_begins")


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_operation_names")]

    operations = [migrations.RunPython(create, drop)]
