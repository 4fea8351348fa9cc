"""State of this app: successions with their evidence, checklists, and those concerned."""

from django.db import models
from django.db.models import F, Q

from awayteam.stories.models import Story, StoryStep, constraints, indexes
from awayteam.succession.machine import FINAL, Kind


class Succession(Story):
    """Something changes its owner, or ends. One is open at a time for each thing.

    `giver` owns it when this begins (`giver_person` where a person does; both None where nobody does); `receiver` gets
    it, None where it is retired. `begun_team` is the side that wants it. `confirmed_by` took the evidence for right.
    `level` is the unit whose manager decides a dispute, `objector` the side that disputes, `answer` what was decided.
    `halted_from` and `halted_minutes` are the state in which contradicting evidence stopped the clock, and the working
    minutes that it had left. `deprecated_at`, `sunset_at` and `more` are of retirements. `lifecycle_edit` is the edit
    of the catalog that says so. `owned_since` dates the change that was made.
    """

    kind = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Kind])
    entity = models.ForeignKey("catalog.Entity", on_delete=models.PROTECT, related_name="successions")
    giver = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    giver_person = models.ForeignKey("organisation.Person", null=True, on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    begun_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    begun_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    words = models.TextField()
    confirmed_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    level = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    objector = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    objected_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    answer = models.TextField(blank=True)
    halted_from = models.CharField(max_length=24, blank=True)
    halted_minutes = models.PositiveIntegerField(null=True)
    deprecated_at = models.DateTimeField(null=True)
    sunset_at = models.DateTimeField(null=True)
    more = models.CharField(max_length=500, blank=True, help_text="address of a page about the end, for the headers")
    lifecycle_edit = models.BigIntegerField(null=True)
    owned_since = models.DateTimeField(null=True)
    noticing: frozenset[int] = frozenset()
    """Teams that hear of its beginning, before there are rows of them; not stored."""

    class Meta:
        constraints = [
            *constraints("succession", [state.value for state in FINAL]),
            models.UniqueConstraint(
                fields=["entity"], condition=Q(closed_at__isnull=True), name="succession_one_open_for_a_thing"
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.RETIREMENT.value, receiver__isnull=True)
                | (~Q(kind=Kind.RETIREMENT.value) & Q(receiver__isnull=False)),
                name="succession_leads_to_a_team",
            ),
            models.CheckConstraint(
                condition=Q(giver__isnull=True) | Q(receiver__isnull=True) | ~Q(giver=F("receiver")),
                name="succession_between_two",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.RETIREMENT.value) | Q(sunset_at__isnull=False),
                name="succession_retires_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(deprecated_at__isnull=True) | Q(sunset_at__gte=F("deprecated_at")),
                name="succession_sunset_after_deprecation",
            ),
        ]
        indexes = [
            *indexes("succession"),
            models.Index(fields=["giver", "created_at"], name="succession_giver"),
            models.Index(fields=["receiver", "created_at"], name="succession_receiver"),
            models.Index(fields=["entity", "created_at"], name="succession_entity"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.entity_id}"

    @property
    def is_retirement(self) -> bool:
        return self.kind == Kind.RETIREMENT


class SuccessionStep(StoryStep):
    story = models.ForeignKey(Succession, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


class Evidence(models.Model):
    """What was known at a moment, frozen: `sha256` is of `document` (`rules.frozen`). Number 1 is what it began with.

    Later ones are kept where they contradict the one before; `says` are the sentences.
    """

    succession = models.ForeignKey(Succession, on_delete=models.CASCADE, related_name="evidence")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
    says = models.JSONField(default=list)

    class Meta:
        ordering = ["succession", "number"]
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["succession", "number"], name="successionevidence_numbered"),
            models.CheckConstraint(condition=~Q(sha256=""), name="successionevidence_has_its_hash"),
        ]

    def __str__(self) -> str:
        return f"evidence {self.number} of {self.succession_id}"


class Concerned(models.Model):
    """A team that would notice: it uses the thing, or declares that it does. It hears of every step, and may object."""

    succession = models.ForeignKey(Succession, on_delete=models.CASCADE, related_name="concerned")
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300)

    class Meta:
        verbose_name_plural = "concerned"
        constraints = [models.UniqueConstraint(fields=["succession", "team"], name="successionconcerned_once")]

    def __str__(self) -> str:
        return f"{self.team_id} with {self.succession_id}"


class Line(models.Model):
    """One thing that changes hands, ticked by whoever has it then. `facts` is what is known of it when it is filled:
    [{"words", "address"}]. `key` is that of the rulebook's line; a line added by hand has none."""

    succession = models.ForeignKey(Succession, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=300)
    facts = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200, blank=True, help_text="who ticked it, by the name of that day")
    words = models.TextField(blank=True)

    class Meta:
        ordering = ["succession", "number"]
        constraints = [
            models.UniqueConstraint(fields=["succession", "number"], name="successionline_numbered"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, label="") | (Q(done_at__isnull=False) & ~Q(label="")),
                name="successionline_ticked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]
