"""State of goals and roadmaps: what a team wants, what it will do in which order, and who can work on it when.

Times of work are team-weeks: the whole team for one full week. Value is points for each week of delay, as the
organisation's rulebook explains them.
"""

from django.db import models
from django.db.models import F, Q

from awayteam.roadmaps.choices import (
    OPEN_STATES,
    Direction,
    DocumentKind,
    GoalKind,
    GoalState,
    ItemKind,
    ItemState,
    pairs,
)


class Goal(models.Model):
    """What a team means to reach from `starts` to `ends` (both days belong to it).

    An objective has key results, a line of profit and loss has figures. `parent` is the goal above that it serves.
    """

    team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="goals")
    kind = models.CharField(max_length=10, choices=pairs(GoalKind), default=GoalKind.OKR)
    title = models.CharField(max_length=300)
    statement = models.TextField(blank=True, help_text="Markdown")
    starts = models.DateField()
    ends = models.DateField()
    state = models.CharField(max_length=10, choices=pairs(GoalState), default=GoalState.OPEN)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    owner = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="goals")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="goal_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(state=GoalState.OPEN.value, closed_at__isnull=True)
                | (~Q(state=GoalState.OPEN.value) & Q(closed_at__isnull=False)),
                name="goal_closed_with_time",
            ),
            models.CheckConstraint(condition=Q(state__in=[one.value for one in GoalState]), name="goal_state_known"),
        ]
        indexes = [models.Index(fields=["team", "state", "ends"], name="goal_of_team")]

    def __str__(self) -> str:
        return self.title


class KeyResult(models.Model):
    """A number that shows whether a goal is reached: from `baseline` to `target`, up or down."""

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="key_results")
    title = models.CharField(max_length=300)
    unit = models.CharField(max_length=60, blank=True)
    baseline = models.DecimalField(max_digits=20, decimal_places=4)
    target = models.DecimalField(max_digits=20, decimal_places=4)
    direction = models.CharField(max_length=4, choices=pairs(Direction))
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(direction=Direction.UP.value, target__gt=F("baseline"))
                | Q(direction=Direction.DOWN.value, target__lt=F("baseline")),
                name="keyresult_target_lies_ahead",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Measurement(models.Model):
    """A measured value of a key result. Rows are never changed: a correction is a row of its own that names the wrong
    one in `corrects`. `source` says in words where the number comes from."""

    key_result = models.ForeignKey(KeyResult, on_delete=models.CASCADE, related_name="measurements")
    at = models.DateTimeField()
    value = models.DecimalField(max_digits=20, decimal_places=4)
    source = models.CharField(max_length=300)
    made_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField()
    corrects = models.OneToOneField("self", null=True, on_delete=models.CASCADE, related_name="corrected_by")

    class Meta:
        indexes = [models.Index(fields=["key_result", "at", "id"], name="measurement_in_time")]

    def __str__(self) -> str:
        return f"{self.value} of {self.key_result_id}"


class Figure(models.Model):
    """A line of profit and loss for one period ("2026", "2026-Q4" or "2026-11"): planned, and actual once known."""

    goal = models.ForeignKey(Goal, on_delete=models.CASCADE, related_name="figures")
    name = models.CharField(max_length=200)
    period = models.CharField(max_length=10)
    planned = models.DecimalField(max_digits=20, decimal_places=2)
    actual = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    unit = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["goal", "name", "period"], name="figure_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.period}"


class Roadmap(models.Model):
    """One row for each team that has a roadmap. `version` rises with every change of its items, ranks or capacity, so
    that two people can't overwrite each other; `forecast_version` and `forecast_on` say what the stored forecasts of
    its items were computed from."""

    team = models.OneToOneField("organisation.Team", on_delete=models.CASCADE, related_name="roadmap")
    version = models.PositiveIntegerField(default=1)
    forecast_version = models.PositiveIntegerField(default=0)
    forecast_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"roadmap of {self.team_id}"


class Item(models.Model):
    """Something that a team will do, does, or did. Effort is in team-weeks: low, likely, high.

    `rank` 1 is worked on first; ranks of a team are dense among planned and started items that have one. `estimated` is
    the expected effort as it stood when work started, `real_effort` what it took in the end (`real_given`: somebody
    said so, else counted from the calendar). `promised_on` is the day promised to others. `forecast_*` are the stored
    dates of the last plan, for lists over many teams; a team's own page plans afresh.
    """

    team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="items")
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True, help_text="Markdown")
    kind = models.CharField(max_length=12, choices=pairs(ItemKind), default=ItemKind.FEATURE)
    effort_low = models.DecimalField(max_digits=7, decimal_places=2)
    effort_likely = models.DecimalField(max_digits=7, decimal_places=2)
    effort_high = models.DecimalField(max_digits=7, decimal_places=2)
    value_per_week = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    goal = models.ForeignKey(Goal, null=True, on_delete=models.SET_NULL, related_name="items")
    rank = models.IntegerField(null=True)
    state = models.CharField(max_length=10, choices=pairs(ItemState), default=ItemState.PLANNED)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    estimated = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    real_effort = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    real_given = models.BooleanField(default=False)
    promised_on = models.DateField(null=True)
    external_key = models.CharField(max_length=200, null=True, unique=True)
    version = models.PositiveIntegerField(default=1)
    forecast_starts = models.DateField(null=True)
    forecast_p50 = models.DateField(null=True)
    forecast_p85 = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(effort_low__gt=0)
                & Q(effort_low__lte=F("effort_likely"))
                & Q(effort_likely__lte=F("effort_high")),
                name="item_effort_in_order",
            ),
            models.CheckConstraint(condition=Q(value_per_week__gte=0), name="item_value_not_negative"),
            models.CheckConstraint(
                condition=~Q(kind=ItemKind.DEBT.value) | Q(goal__isnull=False) | Q(rank__isnull=True),
                name="item_debt_without_goal_unranked",
            ),
            models.CheckConstraint(
                condition=Q(rank__isnull=True) | Q(state__in=[one.value for one in OPEN_STATES]),
                name="item_ranked_while_open",
            ),
            models.CheckConstraint(
                condition=~Q(state=ItemState.STARTED.value) | Q(rank__isnull=False, started_at__isnull=False),
                name="item_started_has_rank_and_time",
            ),
            models.CheckConstraint(
                condition=Q(state=ItemState.DONE.value, done_at__isnull=False)
                | (~Q(state=ItemState.DONE.value) & Q(done_at__isnull=True)),
                name="item_done_with_time",
            ),
            models.CheckConstraint(condition=Q(state__in=[one.value for one in ItemState]), name="item_state_known"),
            # negative only within a statement pair that moves many: see actions/ranks.py
            models.UniqueConstraint(fields=["team", "rank"], name="item_rank_once"),
        ]
        indexes = [
            models.Index(fields=["team", "state", "rank"], name="item_of_team"),
            models.Index(fields=["promised_on"], condition=Q(promised_on__isnull=False), name="item_promised"),
            models.Index(fields=["team", "done_at"], condition=Q(done_at__isnull=False), name="item_done"),
        ]

    def __str__(self) -> str:
        return self.title


class Dependency(models.Model):
    """`item` can't start before `needs` is done; the two may belong to different teams."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="dependencies")
    needs = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="needed_by")
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["item", "needs"], name="dependency_once"),
            models.CheckConstraint(condition=~Q(item=F("needs")), name="dependency_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} needs {self.needs_id}"


class CapacityNote(models.Model):
    """Why a team can do more or less from `starts` to `ends` (both days included) than its people and calendar say.

    `share` multiplies (0.5: half of the time goes elsewhere); `people` replaces the number of people who are there.
    """

    team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="capacity_notes")
    starts = models.DateField()
    ends = models.DateField()
    share = models.DecimalField(max_digits=4, decimal_places=2, null=True)
    people = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    reason = models.TextField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="capacitynote_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(share__isnull=False, people__isnull=True) | Q(share__isnull=True, people__isnull=False),
                name="capacitynote_says_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=2), name="capacitynote_share_in_bounds"
            ),
            models.CheckConstraint(
                condition=Q(people__isnull=True) | Q(people__gte=0), name="capacitynote_people_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["team", "ends"], name="capacitynote_of_team")]

    def __str__(self) -> str:
        return f"{self.starts} to {self.ends}: {self.reason}"


class Document(models.Model):
    """What a team writes before it builds: a press release and its questions and answers, in versions."""

    team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=10, choices=pairs(DocumentKind), default=DocumentKind.PRFAQ)
    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=120)
    goals = models.ManyToManyField(Goal, related_name="documents")
    items = models.ManyToManyField(Item, related_name="documents")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    latest = models.PositiveIntegerField(default=0, help_text="number of the newest version")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="document_slug_once")]

    def __str__(self) -> str:
        return self.title


class DocumentVersion(models.Model):
    """The text as somebody left it; never changed. `sha256` is that of the UTF-8 text, in hex."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField(help_text="Markdown")
    written_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="documentversion_once")]

    def __str__(self) -> str:
        return f"{self.document_id} version {self.number}"
