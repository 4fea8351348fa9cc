"""State of this app: handovers with their checklists, deployments, defects, retrospectives, suggestions put aside."""

from django.db import models
from django.db.models import F, Q

from awayteam.engagements.models import Side
from awayteam.handovers.machine import DEFECT_FINAL, FINAL, OPEN
from awayteam.stories.models import Story, StoryStep, constraints, indexes


class Handover(Story):
    """One try to hand over what a visit built; `number` counts the tries of an engagement.

    `reviewer` is the fall-back reviewer, drawn when the home team's clock ran out; `reviewer_because` says why they.
    `silent` says that it was accepted because nobody answered.
    """

    engagement = models.ForeignKey("engagements.Engagement", on_delete=models.PROTECT, related_name="handovers")
    number = models.PositiveIntegerField()
    begun_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    summary = models.TextField(blank=True, help_text="what was built and where, in Markdown; asked for on submission")
    submitted_at = models.DateTimeField(null=True)
    reviewer = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    reviewer_because = models.JSONField(default=list)
    silent = models.BooleanField(default=False)

    class Meta:
        ordering = ["engagement", "number"]
        constraints = [
            *constraints("handover", [state.value for state in FINAL]),
            models.UniqueConstraint(fields=["engagement", "number"], name="handover_numbered"),
            models.UniqueConstraint(
                fields=["engagement"],
                condition=Q(state__in=[state.value for state in OPEN]),
                name="handover_one_open",
            ),
        ]
        indexes = indexes("handover")

    def __str__(self) -> str:
        return f"handover {self.number} of {self.engagement_id}"


class HandoverStep(StoryStep):
    story = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


class ChecklistLine(models.Model):
    """One thing that must be so before a handover is submitted: `done_at` with evidence, or waived by the home side.

    `key` names a line of the rulebook ("tests", "walkthrough", "no-open-review"); "" is one of the contract's
    definition of done.
    """

    class Origin(models.TextChoices):
        CONTRACT = "contract"
        RULEBOOK = "rulebook"

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    origin = models.CharField(max_length=10, choices=Origin.choices)
    key = models.CharField(max_length=40, blank=True)
    text = models.TextField()
    done_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    done_at = models.DateTimeField(null=True)
    waived_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    waived_at = models.DateTimeField(null=True)
    waived_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["handover", "number"], name="checklistline_numbered"),
            models.CheckConstraint(
                condition=Q(waived_at__isnull=True) | (Q(done_at__isnull=True) & ~Q(waived_reason="")),
                name="checklistline_waived_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Evidence(models.Model):
    """What shows that a line is done: a link, words, a file of results with what was read from it, or a walkthrough.

    Of a file the hash and the figures are kept, not the file. A walkthrough names the day and who of the home side was
    there.
    """

    class Kind(models.TextChoices):
        LINK = "link"
        WORDS = "words"
        RESULTS = "results"
        WALKTHROUGH = "walkthrough"

    line = models.ForeignKey(ChecklistLine, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    url = models.CharField(max_length=2000, blank=True)
    words = models.TextField(blank=True)
    file = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    figures = models.JSONField(default=dict)
    on = models.DateField(null=True)
    attended_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    added_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200, help_text="who added it, by the name of that day")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="link") & ~Q(url="")
                | Q(kind="words") & ~Q(words="")
                | Q(kind="results") & ~Q(sha256="")
                | Q(kind="walkthrough", on__isnull=False, attended_by__isnull=False),
                name="evidence_shows_something",
            )
        ]

    def __str__(self) -> str:
        return self.url or self.file or self.words[:80]


class Refusal(models.Model):
    """Why a handover was refused: always with what it rests on, a frozen standard or a line of the checklist."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="refusals")
    standard = models.ForeignKey("engagements.Standard", null=True, on_delete=models.PROTECT, related_name="+")
    section = models.CharField(max_length=300, blank=True)
    line = models.ForeignKey(ChecklistLine, null=True, on_delete=models.PROTECT, related_name="refusals")
    words = models.TextField()
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(standard__isnull=False) | Q(line__isnull=False), name="refusal_cites_something"
            )
        ]

    def __str__(self) -> str:
        return self.words[:80]


class Deployment(models.Model):
    """That what was built runs somewhere since `at`; the first one in production starts the warranty."""

    class Source(models.TextChoices):
        HAND = "hand"
        API = "api"
        CLOCK = "clock"

    engagement = models.ForeignKey("engagements.Engagement", on_delete=models.CASCADE, related_name="deployments")
    at = models.DateTimeField()
    environment = models.CharField(max_length=60)
    production = models.BooleanField(help_text="whether the rulebook called that environment production then")
    reference = models.CharField(max_length=300, blank=True, help_text="version, commit or address of the pipeline")
    source = models.CharField(max_length=10, choices=Source.choices)
    recorded_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "environment", "reference", "at"], name="deployment_once"),
            models.CheckConstraint(condition=Q(at__lte=F("recorded_at")), name="deployment_has_happened"),
        ]

    def __str__(self) -> str:
        return f"{self.environment} {self.reference}".strip()


class Severity(models.TextChoices):
    """How bad a defect is, from the rulebook's clocks: the first must be repaired at once."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Defect(Story):
    """Something that is wrong with what a visit built; `routed` is whose it is by the rules, `rule` which one said so.

    `reasons` are sentences with what each was seen in ({"text", "source", "at"...}), kept as they were found.
    `found_at` decides about the warranty, not when it was reported. `disputed_once`: a dispute is possible one time.
    """

    engagement = models.ForeignKey("engagements.Engagement", on_delete=models.PROTECT, related_name="defects")
    title = models.CharField(max_length=200)
    words = models.TextField(blank=True)
    repository = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    line = models.PositiveIntegerField(null=True)
    pasted = models.TextField(blank=True)
    found_at = models.DateTimeField()
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.MEDIUM)
    reported_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    routed = models.CharField(max_length=4, choices=Side.choices)
    rule = models.CharField(max_length=40)
    reasons = models.JSONField(default=list)
    under_warranty = models.BooleanField()
    commit = models.CharField(max_length=64, blank=True, help_text="the one that is blamed, where one is")
    disputed_once = models.BooleanField(default=False)
    unit = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    fixed_by = models.CharField(max_length=64, blank=True, help_text="the commit that repaired it")

    class Meta:
        ordering = ["-id"]
        constraints = constraints("defect", [state.value for state in DEFECT_FINAL])
        indexes = [*indexes("defect"), models.Index(fields=["engagement", "state"], name="defect_engagement")]

    def __str__(self) -> str:
        return self.title


class DefectStep(StoryStep):
    story = models.ForeignKey(Defect, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


class Retrospective(models.Model):
    """What one person learned: each answer with its question, as it was asked then."""

    engagement = models.ForeignKey("engagements.Engagement", on_delete=models.CASCADE, related_name="retrospectives")
    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="+")
    side = models.CharField(max_length=4, choices=Side.choices)
    answers = models.JSONField(help_text='[{"question": ..., "answer": ...}]')
    answered_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["side", "id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "person"], name="retrospective_once")]

    def __str__(self) -> str:
        return f"{self.person_id} about {self.engagement_id}"


class PagerMove(models.Model):
    """That the pager for what a visit built goes to the home team on a day: when both sides were told before and then.

    Until `moved_at` the away team answers; the day is the contract's.
    """

    engagement = models.OneToOneField("engagements.Engagement", on_delete=models.CASCADE, related_name="pager_move")
    on = models.DateField()
    announced_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["on"], name="pagermove_due", condition=Q(moved_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.engagement_id} on {self.on}"


class Dismissal(models.Model):
    """The suggestion to make a service self-service, put aside with a reason; visits before `at` count no more."""

    service = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+")
    visits = models.PositiveIntegerField(help_text="how many there were then")
    reason = models.TextField()
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["service", "at"], name="dismissal_service")]

    def __str__(self) -> str:
        return f"{self.service_id} since {self.at:%Y-%m-%d}"
