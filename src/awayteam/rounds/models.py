"""State of review rounds: rounds, their trips and remarks, hours that the home team gave, reports for both managers."""

from django.db import models
from django.db.models import F, Q

from awayteam.engagements.models import BaselineItem, Engagement, Standard
from awayteam.rounds.machine import FINAL
from awayteam.stories.models import Story, StoryStep, constraints, indexes


class RoundKind(models.TextChoices):
    """What is looked at: a design before the code, or a change of the code."""

    DESIGN = "design"
    CHANGE = "change"


class Round(Story):
    """One thing that the away team shows for review.

    `number` counts within the engagement; `trip` is the round trip it is in: 1, and one more with each resubmission.
    `way` says how it is reviewed and `why` the reason of that (`rules.Way`). `reviewer` is the person of the home team
    who looks, `independent` the fall-back reviewer or, in a dispute, the bar raiser; `chosen` are the reasons of their
    choice. `answered_by` gave the last answer. `url` and `commit` are text: the forge isn't asked.
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=RoundKind.choices)
    title = models.CharField(max_length=200)
    words = models.TextField(blank=True, help_text="what is shown, in Markdown")
    url = models.CharField(max_length=1000, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    trip = models.PositiveIntegerField(default=1)
    way = models.CharField(max_length=12)
    why = models.CharField(max_length=300, blank=True)
    opened_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    reviewer = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    independent = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    chosen = models.JSONField(default=list)
    answered_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            *constraints("round", [state.value for state in FINAL]),
            models.UniqueConstraint(fields=["engagement", "number"], name="round_numbered"),
        ]
        indexes = [*indexes("round"), models.Index(fields=["changed_at", "id"], name="round_changed")]

    def __str__(self) -> str:
        return f"round {self.number}: {self.title}"


class RoundStep(StoryStep):
    story = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


class Trip(models.Model):
    """One wait for an answer: from showing it (again) until somebody answered, or nobody did.

    `minutes` is working time of the home team; `in_time`: answered before the home team's own clock ran out.
    `asked_home` is False where the home team wasn't asked (an independent reviewer from the start); such trips don't
    count in its latency. `ended_in` is the state to which the answer led.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="trips")
    number = models.PositiveIntegerField()
    home_team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    asked_home = models.BooleanField(default=True)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    minutes = models.PositiveIntegerField(null=True)
    in_time = models.BooleanField(null=True)
    ended_in = models.CharField(max_length=24, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round"], condition=Q(answered_at__isnull=True), name="trip_one_that_waits"
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, minutes__isnull=True, in_time__isnull=True)
                | Q(answered_at__gte=F("asked_at"), minutes__isnull=False, in_time__isnull=False),
                name="trip_measured_when_answered",
            ),
        ]
        indexes = [models.Index(fields=["home_team", "answered_at"], name="trip_home")]

    def __str__(self) -> str:
        return f"trip {self.number} of {self.round_id}"


class RemarkKind(models.TextChoices):
    """What a remark weighs: a change is owed, because it is cited; a demand is for a bar raiser; advice is free."""

    CHANGE = "change"
    DEMAND = "demand"
    ADVICE = "advice"


class Ruling(models.TextChoices):
    """What a bar raiser said of a demand."""

    GRANTED = "granted"
    REFUSED = "refused"


class Remark(models.Model):
    """One point of a reviewer, about `path` and `line` of what is shown, if anything in particular.

    A change cites a frozen `standard` (with `section`, `standard_line` or both), or the baseline: `check_key` is a
    check or finding that is red now and wasn't then, `baseline` a figure of then, `figure` the worse one of now.
    `resolved_at` is set when the round came back with it answered.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="remarks")
    trip = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=RemarkKind.choices)
    words = models.TextField()
    standard = models.ForeignKey(Standard, null=True, on_delete=models.PROTECT, related_name="+")
    section = models.CharField(max_length=300, blank=True)
    standard_line = models.PositiveIntegerField(null=True)
    baseline = models.ForeignKey(BaselineItem, null=True, on_delete=models.PROTECT, related_name="+")
    figure = models.DecimalField(null=True, max_digits=9, decimal_places=3)
    check_key = models.CharField(max_length=500, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    line = models.PositiveIntegerField(null=True)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    ruling = models.CharField(max_length=8, blank=True, choices=Ruling.choices)
    ruled_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    ruled_at = models.DateTimeField(null=True)
    ruling_words = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="change") | Q(standard__isnull=False) | Q(baseline__isnull=False) | ~Q(check_key=""),
                name="remark_change_is_cited",
            ),
            models.CheckConstraint(
                condition=Q(ruling="", ruled_at__isnull=True) | (~Q(ruling="") & Q(ruled_at__isnull=False)),
                name="remark_ruled_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in round {self.round_id}"


class Booking(models.Model):
    """Time that somebody of the home team gave, in minutes; taken back (`cancelled_at`) where it was booked wrongly."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="bookings")
    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    minutes = models.PositiveIntegerField()
    what = models.CharField(max_length=300)
    round = models.ForeignKey(Round, null=True, on_delete=models.SET_NULL, related_name="bookings")
    booked_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    booked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="booking_of_one_day"),
        ]
        indexes = [models.Index(fields=["engagement", "on"], name="booking_engagement")]

    def __str__(self) -> str:
        return f"{self.minutes} min on {self.on}"


class Report(models.Model):
    """What both managers read: one text and the figures that it is made of. `week` is its Monday, None: on demand."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="reports")
    week = models.DateField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField()
    data = models.JSONField()
    text = models.TextField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "week"], name="report_once_a_week")]
        indexes = [models.Index(fields=["engagement", "-made_at"], name="report_engagement")]

    def __str__(self) -> str:
        return f"report of {self.made_at:%Y-%m-%d}"
