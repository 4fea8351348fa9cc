"""State of the ledger: entries of credit with their evidence, the units above teams in time, disputes."""

from django.db import models
from django.db.models import F, Q

from awayteam.credit.machine import FINAL
from awayteam.credit.rules import Kind
from awayteam.stories.models import Story, StoryStep, constraints, indexes


class Entry(models.Model):
    """Credit that a person, a team or both have for one thing; derived by a rule (`rules`), never written by hand.

    `key` is what makes it this entry: deriving it again changes nothing. `person` is None where a team as a whole has
    it, `team` the person's team at that time. `quantity` is in `measure` ("days", "hours", ...). The subject is what it
    is for; the evidence is the event or comment that it follows from. `given_by` thanked; `served` is the team that
    uses it, or had waited for it. `rule` names the version of
    the rule. `withdrawn_at` and `withdrawn_why` follow from a dispute; the entry stays.
    """

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=24, choices=[(kind.value, kind.value) for kind in Kind])
    at = models.DateTimeField()
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=300)
    evidence_kind = models.CharField(max_length=20)
    evidence_id = models.BigIntegerField()
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    measure = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    served = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    given_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    rule = models.CharField(max_length=20)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "entries"
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(team__isnull=False), name="creditentry_of_somebody"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="creditentry_of_something"),
            models.CheckConstraint(
                condition=~Q(evidence_kind="") & Q(evidence_id__gt=0), name="creditentry_has_evidence"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "at"], name="creditentry_person"),
            models.Index(fields=["team", "at"], name="creditentry_team"),
            models.Index(fields=["kind", "at"], name="creditentry_kind"),
            models.Index(fields=["at", "id"], name="creditentry_at"),
            models.Index(fields=["subject_kind", "subject_id"], name="creditentry_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject_label}"


class EntryUnit(models.Model):
    """A unit that was above the entry's team at that time: it has the credit too. `steps` is 1 for the nearest."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="units")
    unit = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    steps = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "unit"], name="creditentryunit_once")]
        indexes = [models.Index(fields=["unit", "entry"], name="creditentryunit_unit")]

    def __str__(self) -> str:
        return f"{self.entry_id} under {self.unit_id}"


class UnitAbove(models.Model):
    """What stood right above a team or unit from `starts` (None: before the first look) until `ends` (None: still).

    The organisation keeps today's parents only; this is noted at each look, so that credit stays where it was earned.
    """

    team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="+")
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "units above"
        constraints = [
            models.UniqueConstraint(fields=["team"], condition=Q(ends__isnull=True), name="unitabove_open_once"),
            models.CheckConstraint(
                condition=Q(starts__isnull=True) | Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="unitabove_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} above {self.team_id}"


class Ledger(models.Model):
    """How far the event log has been read: one row. `event` is the id of the newest event that was looked at."""

    event = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)
    rule = models.CharField(max_length=20)
    rebuilt_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"read to {self.event}"


class Dispute(Story):
    """Somebody says that an entry isn't right. `level` is the unit whose manager decides, `team` the disputed one's."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="disputes")
    opened_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.TextField()
    level = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            *constraints("dispute", [state.value for state in FINAL]),
            models.UniqueConstraint(fields=["entry"], condition=Q(closed_at__isnull=True), name="dispute_open_once"),
        ]
        indexes = indexes("dispute")

    def __str__(self) -> str:
        return f"dispute {self.pk}"


class DisputeStep(StoryStep):
    story = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]
