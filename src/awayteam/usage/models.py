"""State of use: names of the telemetry and what they are in the catalog, edges of the last 30 days, and what stands
behind them. The counts by hour and day are in Parquet files, of which `Part` is the list: what a part holds counts from
the transaction that enters it here.
"""

from django.db import models
from django.db.models import Q


class Grain(models.IntegerChoices):
    """How finely a part tells time apart: `bucket` is hours or days since 1970, UTC."""

    HOUR = 1
    DAY = 2


class MatchRule(models.Model):
    """How names are matched to the catalog: the first rule by `position` that finds exactly one entity wins.

    `kind` says what the value is compared with: "name" (the entity's name, or namespace/name), "title", "annotation"
    (that of `annotation`), each with the telemetry's name after `pattern` was replaced by `replacement`, where there is
    one. `of` limits a rule to names of one kind, "" to none.
    """

    class Kind(models.TextChoices):
        ANNOTATION = "annotation"
        NAME = "name"
        TITLE = "title"

    name = models.CharField(max_length=100, unique=True)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    annotation = models.CharField(max_length=200, blank=True)
    pattern = models.CharField(max_length=300, blank=True)
    replacement = models.CharField(max_length=300, blank=True)
    of = models.CharField(max_length=20, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Name(models.Model):
    """A consumer or provider as the telemetry calls it, and the catalog entity that it is (None: nobody knows).

    `how` it was matched: by a rule, by hand (then `matched_by`), or not at all. `ignored` names are no service of ours
    and aren't asked about. `first_hour` and `last_hour` (since 1970) bound what was seen of it.
    """

    class Kind(models.TextChoices):
        DATABASE = "database"
        EXTERNAL = "external"
        MESSAGING = "messaging"
        SERVICE = "service"

    class How(models.TextChoices):
        HAND = "hand"
        NONE = "none"
        RULE = "rule"

    text = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    entity = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="telemetry_names")
    how = models.CharField(max_length=10, choices=How.choices, default=How.NONE)
    rule = models.CharField(max_length=100, blank=True)
    ignored = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    matched_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    matched_by_label = models.CharField(max_length=200, blank=True)
    matched_at = models.DateTimeField(null=True)
    first_hour = models.IntegerField()
    last_hour = models.IntegerField()
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "kind"], name="usagename_once")]
        indexes = [models.Index(fields=["entity"], name="usagename_entity", condition=Q(entity__isnull=False))]

    def __str__(self) -> str:
        return self.text


class Operation(models.Model):
    """What a provider is asked to do, as the telemetry calls it; `kind` is that of the call ("service", "messaging",
    "database", "external")."""

    provider = models.ForeignKey(Name, on_delete=models.CASCADE, related_name="operations", db_index=False)
    text = models.CharField(max_length=300)
    kind = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "text", "kind"], name="usageoperation_once")]

    def __str__(self) -> str:
        return self.text


class Evidence(models.Model):
    """A source of counts by its name: "otlp", "jaeger", "servicegraph", "envoy"... Its id stands in the files.

    `sampling` is the smallest of its edges' in the summary, None where some of them don't say.
    """

    name = models.CharField(max_length=40, unique=True)
    sampling = models.FloatField(null=True)

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return self.name


class Edge(models.Model):
    """One consumer's use of one operation by one kind of evidence, over the last 30 days (UTC, today included).

    `seen` calls stand for `calls`, `failed` of them; `sampling` is the smallest probability with which one was kept,
    None where nobody says. Latencies are estimates from classes, None where nobody says. `first_seen` and `last_seen`
    are of all that is known, and a row stays while that is kept: with no calls in the last 30 days its counts are 0.
    """

    consumer = models.ForeignKey(Name, on_delete=models.CASCADE, related_name="uses", db_index=False)
    provider = models.ForeignKey(Name, on_delete=models.CASCADE, related_name="used", db_index=False)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="edges", db_index=False)
    source = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+", db_index=False)
    calls = models.FloatField(default=0)
    failed = models.FloatField(default=0)
    seen = models.BigIntegerField(default=0)
    sampling = models.FloatField(null=True)
    p50_ms = models.FloatField(null=True)
    p95_ms = models.FloatField(null=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    summarised_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consumer", "operation", "source"], name="usageedge_once")]
        indexes = [
            models.Index(fields=["provider", "calls", "id"], name="usageedge_provider"),
            models.Index(fields=["operation"], name="usageedge_operation"),
            models.Index(fields=["calls", "id"], name="usageedge_calls"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer_id} uses {self.operation_id}"


class Sender(models.Model):
    """Something that sends telemetry: a collector, a proxy. Only the SHA-256 of its token is kept.

    `scopes` limit it to kinds of evidence ([]: all). `sampling` is the probability to suppose where its spans don't
    say, None to suppose nothing. Counters are of requests' contents: spans, data points or reports.
    """

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    team = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    sampling = models.FloatField(null=True)
    accepted = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    last_seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sampling__isnull=True) | Q(sampling__gt=0, sampling__lte=1), name="usagesender_sampling"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Coverage(models.Model):
    """What stands behind the counts of one source from one sender, received on one day (UTC); names as in
    `counts.TALLY`. `sender` is "" for files that were read here. Hours (since 1970) bound the calls themselves."""

    source = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="coverage", db_index=False)
    sender = models.CharField(max_length=100, blank=True)
    day = models.DateField()
    first_hour = models.IntegerField(null=True)
    last_hour = models.IntegerField(null=True)
    segments = models.PositiveIntegerField(default=0)
    spans = models.BigIntegerField(default=0)
    paired = models.BigIntegerField(default=0)
    by_word = models.BigIntegerField(default=0)
    unpaired = models.BigIntegerField(default=0)
    foreign = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    nameless = models.BigIntegerField(default=0)
    roots = models.BigIntegerField(default=0)
    local = models.BigIntegerField(default=0)
    odd_times = models.BigIntegerField(default=0)
    capped = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [models.UniqueConstraint(fields=["source", "sender", "day"], name="usagecoverage_once")]
        indexes = [models.Index(fields=["day"], name="usagecoverage_day")]

    def __str__(self) -> str:
        return f"{self.source_id} on {self.day}"


class Part(models.Model):
    """A file of counts in `usage/store` of the data folder. What no row names is left over and goes.

    `unit` is the day (hours) or the month (days) that it belongs to, as its first day. `retired_at`: its rows stand in
    another part now; the file stays a while for those who are reading it.
    """

    file = models.CharField(max_length=100, unique=True)
    grain = models.PositiveSmallIntegerField(choices=Grain.choices)
    unit = models.DateField()
    first = models.IntegerField(help_text="smallest bucket")
    last = models.IntegerField(help_text="largest bucket")
    rows = models.BigIntegerField()
    size = models.BigIntegerField(help_text="bytes")
    written_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["grain", "unit"], name="usagepart_unit", condition=Q(retired_at=None))]

    def __str__(self) -> str:
        return self.file


class Applied(models.Model):
    """The id of a segment whose counts stand in the parts, or of a file that was imported; kept `until` then."""

    segment = models.CharField(max_length=32, unique=True)
    until = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "applied"

    def __str__(self) -> str:
        return self.segment


class Standing(models.Model):
    """One row: `generation` counts what was published, and whoever publishes takes it by compare-and-set.

    `summarised_generation` is that of which the edges' latencies and windows are; `matched_event` the newest event of
    the catalog that names were matched with.
    """

    generation = models.BigIntegerField(default=0)
    published_at = models.DateTimeField(null=True)
    summarised_generation = models.BigIntegerField(default=0)
    summarised_at = models.DateTimeField(null=True)
    matched_event = models.BigIntegerField(default=0)
    matched_names = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"generation {self.generation}"
