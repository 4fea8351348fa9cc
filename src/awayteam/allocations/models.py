"""State of allocations: who was granted what, budgets of providers, what was measured last, growth, agendas."""

from django.db import models
from django.db.models import F, Q

from awayteam.allocations.machine import FINAL, GROWTH_FINAL, WAITING
from awayteam.allocations.rules import Kind, Per
from awayteam.stories.models import Story, StoryStep, constraints, indexes

PERS = [(per.value, per.value) for per in Per]
KINDS = [(kind.value, kind.value) for kind in Kind]


class Allocation(Story):
    """A rate of `provider`'s API that a consumer asked for, and was granted, from `starts` to `ends` (both included).

    The consumer is a service (`consumer`) or a whole team (`team`), never both. `rate` was asked, `granted` given
    (None: not), each in calls a `per`; `daily` is what was granted in calls a day. `last_day` is until when a grant
    holds: its end, or earlier where it was given back or replaced; a grant holds on every day from `starts` to
    `last_day`, whatever its state. `home_team` answers for the provider, `asking_team` for the consumer. `replaces` is
    the grant that it amends or renews. `unit` is the level asked when the provider's team was silent. `reference` is
    the row's key where it was imported. `reminded` counts reminders before its end.
    """

    provider = models.ForeignKey("catalog.Entity", on_delete=models.PROTECT, related_name="allocations")
    consumer = models.ForeignKey("catalog.Entity", null=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    home_team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    asking_team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    rate = models.BigIntegerField()
    per = models.CharField(max_length=6, choices=PERS)
    granted = models.BigIntegerField(null=True)
    daily = models.BigIntegerField(default=0)
    starts = models.DateField()
    ends = models.DateField()
    last_day = models.DateField(null=True)
    why = models.TextField()
    reason = models.TextField(blank=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="replaced_by")
    unit = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    reference = models.CharField(max_length=200, null=True, unique=True)
    reminded = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            *constraints("allocation", [state.value for state in FINAL]),
            models.CheckConstraint(
                condition=Q(consumer__isnull=True) ^ Q(team__isnull=True), name="allocation_of_one_consumer"
            ),
            models.CheckConstraint(
                condition=Q(consumer__isnull=True) | ~Q(consumer=F("provider")), name="allocation_of_another_provider"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="allocation_asks_for_something"),
            models.CheckConstraint(
                condition=Q(granted__isnull=True, last_day__isnull=True, daily=0)
                | Q(granted__gt=0, last_day__isnull=False, daily__gt=0),
                name="allocation_granted_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(granted__isnull=True) | Q(granted__lte=F("rate")), name="allocation_grants_what_was_asked"
            ),
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="allocation_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=["provider", "consumer"],
                condition=Q(state__in=[one.value for one in WAITING], consumer__isnull=False),
                name="allocation_asked_once_for_service",
            ),
            models.UniqueConstraint(
                fields=["provider", "team"],
                condition=Q(state__in=[one.value for one in WAITING], team__isnull=False),
                name="allocation_asked_once_for_team",
            ),
        ]
        indexes = [
            *indexes("allocation"),
            models.Index(fields=["provider", "last_day"], name="allocation_provider"),
            models.Index(fields=["consumer", "last_day"], name="allocation_consumer"),
            models.Index(fields=["team", "last_day"], name="allocation_team"),
            models.Index(fields=["asking_team", "state"], name="allocation_asking"),
            models.Index(fields=["home_team", "state"], name="allocation_home"),
            models.Index(fields=["ends"], name="allocation_ending", condition=Q(state="granted")),
            models.Index(fields=["created_at", "id"], name="allocation_created"),
        ]

    def __str__(self) -> str:
        return f"allocation {self.pk}"


class AllocationStep(StoryStep):
    story = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


class Budget(models.Model):
    """A provider's figures in calls a day, as of `day`: kept for lists, made anew each night and with each grant.

    `rate` and `per` are what its team says it can serve (None: it doesn't say), `capacity` the same a day. `granted`
    holds today, `used` is the median of the last seven days' use by all consumers, `exhausted_on` the day on which the
    trend of use reaches what is granted (None: not foreseeable), `asked` counts requests that wait.
    """

    provider = models.OneToOneField("catalog.Entity", on_delete=models.CASCADE, related_name="budget")
    rate = models.BigIntegerField(null=True)
    per = models.CharField(max_length=6, choices=PERS, blank=True)
    words = models.TextField(blank=True)
    declared_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    declared_at = models.DateTimeField(null=True)
    capacity = models.BigIntegerField(null=True)
    granted = models.BigIntegerField(default=0)
    used = models.FloatField(default=0)
    share = models.FloatField(default=-1, help_text="used of granted in per cent; -1 where nothing is granted")
    asked = models.PositiveIntegerField(default=0)
    consumers = models.PositiveIntegerField(default=0)
    exhausted_on = models.DateField(null=True)
    day = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__isnull=True, per="", capacity__isnull=True)
                | (Q(rate__gt=0, capacity__gt=0) & ~Q(per="")),
                name="budget_capacity_is_whole",
            )
        ]
        indexes = [
            models.Index(fields=["share", "id"], name="budget_share"),
            models.Index(fields=["used", "id"], name="budget_used"),
            models.Index(fields=["granted", "id"], name="budget_granted"),
        ]

    def __str__(self) -> str:
        return f"budget of {self.provider_id}"


class Measured(models.Model):
    """What one consumer used of one provider, as of the last look: calls a day.

    `week` is the median of the last seven days, `busiest` their largest, `last` the last day. `name` is the telemetry's
    where the catalog knows no such `consumer`. `sampling` is the smallest probability with which a call was seen, None
    where nobody says.
    """

    provider = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+", db_index=False)
    consumer = models.ForeignKey("catalog.Entity", null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300, blank=True)
    week = models.FloatField()
    busiest = models.FloatField()
    last = models.FloatField()
    sampling = models.FloatField(null=True)
    day = models.DateField()

    class Meta:
        verbose_name_plural = "measured"
        constraints = [models.UniqueConstraint(fields=["provider", "consumer", "name"], name="measured_once")]
        indexes = [models.Index(fields=["provider", "week"], name="measured_provider")]

    def __str__(self) -> str:
        return f"{self.consumer_id or self.name} of {self.provider_id}"


class Growth(Story):
    """That use of `provider` by one consumer grows unusually, and what its team answered.

    `kind`, `score`, `usual`, `level` and `share` are as in `rules.Sign`, of `day`; `peak` is the highest level since it
    was found. `consumer` is None where the catalog doesn't know `name`; then the provider's team answers. An answer has
    `until` (the last day for which it holds), its `reason` and the `answered` level; one that asks for more links the
    `allocation`.
    """

    provider = models.ForeignKey("catalog.Entity", on_delete=models.PROTECT, related_name="+")
    consumer = models.ForeignKey("catalog.Entity", null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=300)
    home_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    consumer_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=KINDS)
    score = models.FloatField()
    usual = models.FloatField()
    level = models.FloatField()
    peak = models.FloatField()
    share = models.FloatField(null=True)
    sampling = models.FloatField(null=True)
    day = models.DateField()
    until = models.DateField(null=True)
    reason = models.TextField(blank=True)
    answered = models.FloatField(null=True)
    answered_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    allocation = models.ForeignKey(Allocation, null=True, on_delete=models.SET_NULL, related_name="growths")

    class Meta:
        verbose_name_plural = "growth"
        constraints = [
            *constraints("growth", [state.value for state in GROWTH_FINAL]),
            models.UniqueConstraint(
                fields=["provider", "consumer"],
                condition=Q(closed_at__isnull=True, consumer__isnull=False),
                name="growth_open_once",
            ),
            models.UniqueConstraint(
                fields=["provider", "name"],
                condition=Q(closed_at__isnull=True, consumer__isnull=True),
                name="growth_open_once_by_name",
            ),
        ]
        indexes = [
            *indexes("growth"),
            models.Index(fields=["provider", "state"], name="growth_provider"),
            models.Index(fields=["consumer_team", "state"], name="growth_consumer_team"),
            models.Index(fields=["home_team", "state"], name="growth_home_team"),
            models.Index(fields=["created_at", "id"], name="growth_created"),
        ]

    def __str__(self) -> str:
        return f"growth {self.pk}"


class GrowthStep(StoryStep):
    story = models.ForeignKey(Growth, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


class Look(models.Model):
    """One row: what the newest nightly look saw. `day` is the last day of counts (UTC) that it took into account.

    `series` are uses looked at, `flagged` of them unusual, `teamless` those of which nobody could be asked; `weeks` of
    history were there, `seconds` it took. `agendas_on` is when agendas were made last.
    """

    day = models.DateField(null=True)
    at = models.DateTimeField(null=True)
    series = models.PositiveIntegerField(default=0)
    flagged = models.PositiveIntegerField(default=0)
    teamless = models.PositiveIntegerField(default=0)
    weeks = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    agendas_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"look at {self.day}"


class Agenda(models.Model):
    """What `team` should talk about with its consumers and providers, made on day `on` for the days since `since`."""

    team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    since = models.DateField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "on"], name="agenda_once")]
        indexes = [models.Index(fields=["on", "team"], name="agenda_on")]

    def __str__(self) -> str:
        return f"agenda of {self.team_id} on {self.on}"


class AgendaItem(models.Model):
    """One point of an agenda. `topic` groups points; `figure` is what is said of it in numbers, as on that day."""

    class Topic(models.TextChoices):
        UNANSWERED = "unanswered"
        GROWTH = "growth"
        SHORT = "short"
        ASKED = "asked"
        ENDING = "ending"
        IDLE = "idle"

    agenda = models.ForeignKey(Agenda, on_delete=models.CASCADE, related_name="items")
    topic = models.CharField(max_length=12, choices=Topic.choices)
    growth = models.ForeignKey(Growth, null=True, on_delete=models.CASCADE, related_name="+")
    allocation = models.ForeignKey(Allocation, null=True, on_delete=models.CASCADE, related_name="+")
    figure = models.CharField(max_length=300)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(growth__isnull=True) ^ Q(allocation__isnull=True), name="agendaitem_about_one"
            )
        ]

    def __str__(self) -> str:
        return self.figure
