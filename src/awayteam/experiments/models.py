"""State of experiments: metrics, sources of facts, experiments with what was registered, epochs, analyses, effects."""

from django.db import models
from django.db.models import Q

from awayteam.experiments.design import Direction, MetricKind, Role
from awayteam.experiments.machine import FINAL, State
from awayteam.experiments.rules import Outcome
from awayteam.kernel.appendonly import append_only, frozen
from awayteam.stories.models import Story, StoryStep, constraints, indexes


class Metric(models.Model):
    """A metric of the organisation, defined once. `event` is the name of what is counted, `over` that of the
    denominator of a ratio. `winsor`: the quantile above which values of units are cut, 1 for none. `cluster`: the
    property of exposures by which units hang together."""

    key = models.CharField(max_length=63, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=[(one.value, one.value) for one in MetricKind])
    direction = models.CharField(max_length=4, choices=[(one.value, one.value) for one in Direction])
    event = models.CharField(max_length=100)
    over = models.CharField(max_length=100, blank=True)
    quantile = models.FloatField(default=0.5)
    after_days = models.PositiveSmallIntegerField(default=0)
    winsor = models.FloatField(default=1.0)
    cluster = models.CharField(max_length=63, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(condition=Q(winsor__gt=0, winsor__lte=1), name="metric_winsor_is_a_quantile"),
            models.CheckConstraint(condition=Q(quantile__gt=0, quantile__lt=1), name="metric_quantile_is_one"),
            models.CheckConstraint(condition=~Q(kind="ratio") | ~Q(over=""), name="metric_ratio_has_a_denominator"),
        ]

    def __str__(self) -> str:
        return self.title


class SourceKind(models.TextChoices):
    """Where facts are kept."""

    OWN = "own", "what is sent to Awayteam"
    PARQUET = "parquet", "Parquet files"
    CSV = "csv", "CSV files"
    DUCKDB = "duckdb", "a DuckDB file"
    POSTGRESQL = "postgresql", "PostgreSQL"
    CLICKHOUSE = "clickhouse", "ClickHouse"


class FactSource(models.Model):
    """Tables of facts that the organisation keeps. `address` is a path or the address of a database without its
    password, which is sealed in `secret`. `exposures` and `events` are tables or files."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=12, choices=SourceKind.choices)
    address = models.CharField(max_length=1000, blank=True)
    secret = models.TextField(blank=True)
    exposures = models.CharField(max_length=300)
    events = models.CharField(max_length=300)
    made_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Sender(models.Model):
    """A program that may send facts; of its token only the hash is kept."""

    name = models.CharField(max_length=100, unique=True)
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Experiment(Story):
    """A question and its answer. `design` is the draft as `design.plain` writes it; what counts once it is registered
    is `registration`. `layer`, `surface`, `days` and `traffic` (with its ramp) are copies of the design, for lists and
    collisions; `layer_from` (with) and `layer_to` (without) are the slots of the layer that it holds while it runs.

    `outcome` is what was decided, `recommended` what the rule said then; `entry` stands in the public register where
    they differ. `silent` counts clocks that ran out without an answer in the present state.
    """

    key = models.CharField(max_length=63, unique=True)
    title = models.CharField(max_length=200)
    hypothesis = models.TextField(blank=True)
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="experiments")
    owner = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    decider = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    entity = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="+")
    request = models.ForeignKey("requests.Request", null=True, on_delete=models.SET_NULL, related_name="+")
    engagement = models.ForeignKey("engagements.Engagement", null=True, on_delete=models.SET_NULL, related_name="+")
    goal = models.ForeignKey("roadmaps.Goal", null=True, on_delete=models.SET_NULL, related_name="+")
    source = models.ForeignKey(FactSource, null=True, on_delete=models.PROTECT, related_name="+")
    design = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    layer = models.CharField(max_length=100, blank=True)
    surface = models.CharField(max_length=100, blank=True)
    days = models.PositiveSmallIntegerField(default=14)
    traffic = models.PositiveSmallIntegerField(default=10_000)
    layer_from = models.PositiveSmallIntegerField(null=True)
    layer_to = models.PositiveSmallIntegerField(null=True)
    registration = models.ForeignKey("Registration", null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stop_reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Outcome], blank=True)
    recommended = models.CharField(max_length=12, blank=True)
    shipped_arm = models.CharField(max_length=63, blank=True)
    learnt = models.TextField(blank=True)
    entry = models.ForeignKey("reviews.RegisterEntry", null=True, on_delete=models.PROTECT, related_name="+")
    scorecard = models.ForeignKey("Analysis", null=True, on_delete=models.SET_NULL, related_name="+")
    silent = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            *constraints("experiment", [state.value for state in FINAL]),
            models.CheckConstraint(
                condition=~Q(state__in=[State.DECIDED.value, State.CLEANED_UP.value]) | ~Q(outcome=""),
                name="experiment_decided_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(registration__isnull=False)
                | Q(state__in=[State.DRAFT.value, State.CHECKED.value, State.WITHDRAWN.value]),
                name="experiment_registered_first",
            ),
        ]
        indexes = [
            *indexes("experiment"),
            models.Index(fields=["layer", "state"], name="experiment_layer"),
            models.Index(fields=["surface", "state"], name="experiment_surface"),
            models.Index(fields=["team", "state"], name="experiment_team"),
            models.Index(fields=["-created_at", "-id"], name="experiment_newest"),
            models.Index(fields=["-stopped_at", "-id"], name="experiment_ended", condition=Q(stopped_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title


class ExperimentStep(StoryStep):
    story = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


@append_only
class Registration(models.Model):
    """A design as it was registered: `text` is canonical JSON, `sha256` its hash. Number 1 is the pre-registration;
    what follows after the start is an amendment (`amends`), with `why`. The database lets no row change or go."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="registrations")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    amends = models.BooleanField(default=False)
    why = models.TextField(blank=True)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["experiment", "number"], name="registration_numbered")]

    def __str__(self) -> str:
        return f"{self.sha256[:12]} of {self.experiment_id}"


@frozen("experiment_id", "number", "starts_at", "traffic", "shares", "dropped", "why")
class Epoch(models.Model):
    """A stretch of a run with one allocation: `traffic` of all units are in it or in earlier ones, and those that it
    took in share the arms by `shares` (both out of 10,000). Whoever was enrolled before keeps their arm; `dropped` arms
    get nobody any more. The database lets none go, and changes nothing of it but its end."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="epochs")
    number = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    traffic = models.PositiveSmallIntegerField()
    shares = models.JSONField()
    dropped = models.JSONField(default=list)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "number"], name="epoch_numbered"),
            models.UniqueConstraint(fields=["experiment"], condition=Q(ends_at__isnull=True), name="epoch_one_open"),
        ]

    def __str__(self) -> str:
        return f"epoch {self.number}"


class Working(models.TextChoices):
    """Where an analysis stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Analysis(models.Model):
    """A look at the facts: a long job that the worker does in a lane of its own, by a lease. `doing` and `progress`
    (0 to 100) say how far it is; `result` is a scorecard, `problem` why there is none."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="analyses")
    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=Working.choices, default=Working.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    progress = models.PositiveSmallIntegerField(default=0)
    doing = models.CharField(max_length=200, blank=True)
    cancel = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=32, blank=True)
    result = models.JSONField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "analyses"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["experiment"], condition=Q(state__in=["waiting", "running"]), name="analysis_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], name="analysis_open", condition=Q(state__in=["waiting", "running"])),
            models.Index(fields=["experiment", "-id"], name="analysis_newest"),
        ]

    def __str__(self) -> str:
        return f"analysis {self.pk}"


class Effect(models.Model):
    """What a decided experiment measured of one metric in one arm, for what is learnt over many of them."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="effects")
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=63)
    title = models.CharField(max_length=200)
    arm = models.CharField(max_length=63)
    role = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Role])
    direction = models.CharField(max_length=4)
    change = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    standard_error = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "id"]
        constraints = [models.UniqueConstraint(fields=["experiment", "metric", "arm"], name="effect_once")]
        indexes = [
            models.Index(fields=["metric", "-at"], name="effect_metric"),
            models.Index(fields=["team", "-at"], name="effect_team"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.change:+.3%}"
