"""State of reviews: the pool of bar raisers, reviews with what was written for good, and the public register."""

from django.db import models
from django.db.models import F, Q

from awayteam.kernel.appendonly import append_only, frozen
from awayteam.reviews.machine import ENTRY_FINAL, FINAL
from awayteam.stories.models import Story, StoryStep, constraints, indexes


class BarRaiser(models.Model):
    """Somebody in the pool of one field, from `since` until `term_until` (both days belong to it; None: no end).

    Assigned only once `trained_on` is set. `load_max` is how many reviews they have open at most, None: the rulebook's.
    """

    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="bar_raising")
    field = models.CharField(max_length=40)
    since = models.DateField()
    term_until = models.DateField(null=True)
    trained_on = models.DateField(null=True)
    trained_by = models.CharField(max_length=200, blank=True, help_text="who trained them, or the course")
    load_max = models.PositiveSmallIntegerField(null=True)
    added_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True)

    class Meta:
        ordering = ["field", "id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "field"], condition=Q(ended_at__isnull=True), name="raiser_once"),
            models.CheckConstraint(
                condition=Q(term_until__isnull=True) | Q(term_until__gte=F("since")), name="raiser_term_after_since"
            ),
        ]
        indexes = [models.Index(fields=["field"], name="raiser_field", condition=Q(ended_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.field}"


class Absence(models.Model):
    """Days on which a bar raiser is away; both belong to it."""

    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()
    noted_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    noted_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="absence_ends_after_it_starts")
        ]
        indexes = [models.Index(fields=["person", "ends_on"], name="absence_person")]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


class Review(Story):
    """Something of high impact at which an independent expert looks before `decider` decides.

    What it is about is named by kind, id, label and address, as events name theirs; `subject_kind` is "" where the
    review stands for itself. `entity` is the service it concerns: who may not see that doesn't see the review.
    `teams` are the involved teams, of which the bar raiser is independent. `because` holds the rulebook's triggers that
    asked for it, [] where a party did. `assignment` keeps the reasons of the choice, and who was passed over and why.
    `draft` is what the bar raiser has written so far; what was delivered is the `Opinion`.
    """

    field = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    question = models.TextField(help_text="what is to be decided, in Markdown")
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)
    subject_label = models.CharField(max_length=300, blank=True)
    subject_address = models.CharField(max_length=500, blank=True)
    entity = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="+")
    teams = models.ManyToManyField("organisation.Team", related_name="reviews")
    because = models.JSONField(default=list)
    requester = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    decider = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    bar_raiser = models.ForeignKey("organisation.Person", null=True, on_delete=models.PROTECT, related_name="reviews")
    assignment = models.JSONField(default=dict)
    assigned_at = models.DateTimeField(null=True)
    declined = models.PositiveSmallIntegerField(default=0)
    draft = models.JSONField(default=dict)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *constraints("review", [state.value for state in FINAL]),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "field"],
                condition=Q(closed_at__isnull=True, subject_id__isnull=False),
                name="review_open_once",
            ),
            models.CheckConstraint(
                condition=Q(bar_raiser__isnull=True) | ~Q(bar_raiser=F("decider")), name="review_not_of_the_decider"
            ),
        ]
        indexes = [
            *indexes("review"),
            models.Index(fields=["subject_kind", "subject_id"], name="review_subject"),
            models.Index(fields=["bar_raiser", "assigned_at"], name="review_raiser"),
            models.Index(fields=["-created_at", "-id"], name="review_newest"),
        ]

    def __str__(self) -> str:
        return self.title


class ReviewStep(StoryStep):
    story = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


class Recommendation(models.TextChoices):
    """What the bar raiser says should be decided."""

    FOR = "for"
    CONDITIONS = "with-conditions"
    AGAINST = "against"


@append_only
class Opinion(models.Model):
    """What a bar raiser delivered: answers to the field's questions, evidence, a recommendation. Never changed.

    `answers` is [{"question", "answer"}], `evidence` [{"words", "url"}].
    """

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="opinion")
    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200, help_text="the name as it was")
    recommendation = models.CharField(max_length=20, choices=Recommendation.choices)
    summary = models.TextField()
    answers = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.recommendation} by {self.label}"


class Condition(models.Model):
    """Something that a recommendation asks for; `met_at` and `evidence` are set once it is so."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="conditions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    met_at = models.DateTimeField(null=True)
    met_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    evidence = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["review", "number"], name="condition_numbered")]

    def __str__(self) -> str:
        return self.text


class Kind(models.TextChoices):
    """What the register holds."""

    OVERRIDE = "override"
    """A decision against the word of a bar raiser (P12)."""
    DEVIATION = "deviation"
    """Doing without a common tool or practice, with the data that speak for it (P20)."""
    EMERGENCY = "emergency"
    """Letting a change in without the words that it lacked, because it couldn't wait (ADR 0012)."""
    EXPERIMENT = "experiment"
    """Deciding an experiment against the rule that was registered before it (ADR 0020)."""


class Outcome(models.TextChoices):
    """What was found when an entry was looked at again."""

    EXPECTED = "as-expected"
    """As whoever decided expected."""
    WARNED = "as-warned"
    """As the bar raiser warned, or as the common practice would have had it."""
    MIXED = "both"
    NEITHER = "neither"


@frozen(
    "kind", "review_id", "field", "title", "practice", "team_id", "decider_id", "decider_label", "recommendation",
    "reason", "data", "decided_at",
)  # fmt: skip
class RegisterEntry(Story):
    """An override, a deviation, an emergency or an experiment, in public. The database keeps every row, and everything
    that was said at the start (the migration names the columns).

    `field` is the review's, or the practice's area. `practice` is what is deviated from, or the change that was let in.
    `data` is [{"words", "url"}].
    `look_again_on` is the date in force. `silent` counts the dates that passed without a word.
    """

    kind = models.CharField(max_length=10, choices=Kind.choices)
    review = models.OneToOneField(Review, null=True, on_delete=models.PROTECT, related_name="entry")
    field = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200)
    practice = models.CharField(max_length=300, blank=True)
    entity = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    decider = models.ForeignKey("organisation.Person", null=True, on_delete=models.PROTECT, related_name="+")
    decider_label = models.CharField(max_length=200)
    recommendation = models.CharField(max_length=20, blank=True)
    reason = models.TextField()
    data = models.JSONField(default=list)
    decided_at = models.DateTimeField()
    look_again_on = models.DateField()
    silent = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=30, choices=Outcome.choices, blank=True)
    happened = models.TextField(blank=True)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            *constraints("entry", [state.value for state in ENTRY_FINAL]),
            models.CheckConstraint(
                condition=Q(kind=Kind.OVERRIDE, review__isnull=False)
                | Q(kind__in=[Kind.DEVIATION, Kind.EMERGENCY, Kind.EXPERIMENT], review__isnull=True),
                name="entry_override_has_review",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="entry_has_reason"),
        ]
        indexes = [
            *indexes("entry"),
            models.Index(fields=["-decided_at", "-id"], name="entry_newest"),
            models.Index(fields=["look_again_on", "id"], name="entry_look_again"),
            models.Index(fields=["team", "-decided_at"], name="entry_team"),
        ]

    def __str__(self) -> str:
        return self.title


@frozen("story_id", "at", "verb", "source", "target", "party", "label", "words")
class RegisterStep(StoryStep):
    """A step of an entry; `PROTECT`, so that what was said stays even if a row could go."""

    story = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="steps")

    class Meta:
        ordering = ["id"]
