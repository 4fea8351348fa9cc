"""State of the catalog: entities, their relations, owners, earlier states, edits by people, and operations of APIs."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower


class Presence(models.IntegerChoices):
    """Whether a source declares the entity now.

    An orphan was declared once and is no more; it goes after the rulebook's grace time. A missing one is only named by
    others (a dangling target). A removed one is kept for history and old links.
    """

    PRESENT = 1
    ORPHAN = 2
    MISSING = 3
    REMOVED = 4


LISTED = (Presence.PRESENT, Presence.ORPHAN)
"""What a list shows unless asked: what is declared, and what was until lately."""


class Entity(models.Model):
    """Anything that has a reference: component (service, website, library), API, resource, system, domain, group, user.

    `ref` is canonical (`component:default/orders`), `kind` and `name` as written. The typed columns hold what is in
    force, that is the source's value or a person's edit, as the rulebook says; `document` is the source's own. `owner`
    and `system` may be missing entities. `file_id`, `document_index` and `line` say where it is declared.
    """

    ref = models.CharField(max_length=300, unique=True)
    kind = models.CharField(max_length=63)
    namespace = models.CharField(max_length=63, default="default")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    type = models.CharField(max_length=100, blank=True)
    lifecycle = models.CharField(max_length=100, blank=True)
    owner = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="owned", db_index=False)
    system = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="parts", db_index=False)
    team = models.OneToOneField("organisation.Team", null=True, on_delete=models.CASCADE, related_name="entity")
    person = models.OneToOneField("organisation.Person", null=True, on_delete=models.CASCADE, related_name="entity")
    tags = models.JSONField(default=list)
    presence = models.PositiveSmallIntegerField(choices=Presence.choices, default=Presence.PRESENT)
    restricted = models.BooleanField(default=False)
    sort_name = models.CharField(max_length=300, help_text="title or name, case-folded")
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL, related_name="entities")
    file = models.ForeignKey("sources.SourceFile", null=True, on_delete=models.SET_NULL, related_name="entities")
    document_index = models.PositiveIntegerField(null=True)
    line = models.PositiveIntegerField(null=True)
    document = models.JSONField(default=dict)
    content_hash = models.CharField(
        max_length=64, blank=True, help_text="of the declaration, to tell changed from unchanged"
    )
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    orphaned_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "entities"
        indexes = [
            models.Index(fields=["kind", "presence", "sort_name", "id"], name="entity_list"),
            models.Index(fields=["owner", "kind", "sort_name", "id"], name="entity_owner"),
            models.Index(fields=["system", "kind"], name="entity_system", condition=Q(system__isnull=False)),
            models.Index(fields=["presence", "sort_name", "id"], name="entity_presence"),
            models.Index(fields=["sort_name", "id"], name="entity_by_name"),
            models.Index(fields=["kind", "sort_name", "id"], name="entity_kind_name"),
            models.Index(fields=["type", "sort_name", "id"], name="entity_by_type"),
            models.Index(fields=["kind", "type", "sort_name", "id"], name="entity_kind_type"),
            models.Index(fields=["lifecycle", "sort_name", "id"], name="entity_by_lifecycle"),
            models.Index(fields=["kind", "lifecycle", "sort_name", "id"], name="entity_kind_lifecycle"),
            models.Index(fields=["changed_at", "id"], name="entity_by_change"),
            models.Index(fields=["kind", "changed_at", "id"], name="entity_kind_change"),
            models.Index(fields=["owner", "sort_name", "id"], name="entity_owner_name"),
            models.Index(fields=["owner"], name="entity_restricted", condition=Q(restricted=True)),
            models.Index(Lower("name"), name="entity_name"),
        ]

    def __str__(self) -> str:
        return self.title or self.name


class Alias(models.Model):
    """A former reference of an entity, so that old links and references keep leading to it."""

    ref = models.CharField(max_length=300, unique=True)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="aliases")
    since = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name_plural = "aliases"

    def __str__(self) -> str:
        return self.ref


class Origin(models.IntegerChoices):
    """Declared facts come from files and people, observed ones from telemetry and history; they are never mixed."""

    DECLARED = 1
    OBSERVED = 2


class Relation(models.Model):
    """One edge in its stored direction (`awayteam.sources.declared.RelationType`); the reverse is derived on reading.

    `declared_by` is the entity whose document says so: it may be either end, and both ends may say the same.
    """

    type = models.PositiveSmallIntegerField()
    origin = models.PositiveSmallIntegerField(choices=Origin.choices, default=Origin.DECLARED)
    source = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="outgoing", db_index=False)
    target = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="incoming", db_index=False)
    declared_by = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="declarations", db_index=False)

    class Meta:
        indexes = [
            models.Index(fields=["source", "type", "target"], name="relation_out"),
            models.Index(fields=["target", "type", "source"], name="relation_in"),
            models.Index(fields=["declared_by"], name="relation_declarer"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} -{self.type}-> {self.target_id}"


class Ownership(models.Model):
    """Who was accountable for an entity from `starts` (inclusive, None: before any record) until `ends` (exclusive)."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="ownerships")
    owner = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="ownerships_held")
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity"], condition=Q(ends__isnull=True), name="ownership_one_accountable_owner"
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True) | Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="ownership_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["starts"], name="ownership_starts", condition=Q(starts__isnull=False)),
            models.Index(fields=["ends"], name="ownership_ends", condition=Q(ends__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} owns {self.entity_id}"


class Revision(models.Model):
    """A superseded state of an entity, in force from `valid_from` (inclusive) until `valid_to` (exclusive)."""

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="revisions")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    presence = models.PositiveSmallIntegerField(choices=Presence.choices)
    title = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    type = models.CharField(max_length=100, blank=True)
    lifecycle = models.CharField(max_length=100, blank=True)
    owner = models.ForeignKey(Entity, null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.JSONField(default=list)
    document = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["entity", "valid_to"], name="revision_entity")]

    def __str__(self) -> str:
        return f"{self.entity_id} until {self.valid_to:%Y-%m-%d}"


class Edit(models.Model):
    """What a person set in the browser or by the API, beside what the source says. One open edit for each field.

    `declared` is the source's own value (a reference for owner and system), kept by imports, and `declared_at` when it
    last changed since the edit was made; a contradiction is an open edit whose `value` differs from `declared`.
    """

    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="edits")
    field = models.CharField(max_length=40)
    value = models.JSONField(null=True)
    declared = models.JSONField(null=True)
    declared_at = models.DateTimeField(null=True)
    reason = models.TextField()
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "field"], condition=Q(ended_at__isnull=True), name="edit_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.entity_id}"


class EntityTag(models.Model):
    """A tag of an entity, for lists and facets."""

    tag = models.CharField(max_length=63)
    entity = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="tag_rows", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "tag"], name="entitytag_once")]
        indexes = [models.Index(fields=["tag", "entity"], name="entitytag_tag")]

    def __str__(self) -> str:
        return self.tag


class ApiOperation(models.Model):
    """One operation that an API offers, from its description."""

    api = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="operations")
    key = models.CharField(max_length=500)
    name = models.CharField(max_length=300, blank=True, default="", help_text="what code calls it, as operationId")
    verb = models.CharField(max_length=20, blank=True)
    path = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    deprecated = models.BooleanField(default=False)
    tags = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["api", "key"], name="operation_once")]

    def __str__(self) -> str:
        return self.key


class FacetCount(models.Model):
    """How many entities share these values: the cube that facets are counted from, kept by every import and edit."""

    kind = models.CharField(max_length=63)
    type = models.CharField(max_length=100, blank=True)
    lifecycle = models.CharField(max_length=100, blank=True)
    owner_id = models.BigIntegerField(null=True)
    source_id = models.BigIntegerField(null=True)
    presence = models.PositiveSmallIntegerField(choices=Presence.choices)
    restricted = models.BooleanField(default=False)
    entities = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["kind", "presence"], name="facetcount_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.type} {self.lifecycle}: {self.entities}"


class TagCount(models.Model):
    """How many unrestricted entities that share these values have a tag: what the facet of tags is counted from.

    Kept by `catalog.search.reindex`, which every change of an entity calls.
    """

    tag = models.CharField(max_length=63)
    kind = models.CharField(max_length=63)
    type = models.CharField(max_length=100, blank=True)
    lifecycle = models.CharField(max_length=100, blank=True)
    presence = models.PositiveSmallIntegerField(choices=Presence.choices)
    entities = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "type", "lifecycle", "presence", "tag"], name="tagcount_once")
        ]

    def __str__(self) -> str:
        return f"{self.tag}: {self.entities}"


class SearchTerm(models.Model):
    """A word that is in the search index, for putting slips right. Rows are only ever added."""

    term = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.term
