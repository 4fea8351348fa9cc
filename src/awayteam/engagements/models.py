"""State of engagements: the visit, its contracts and signatures, scope, people, standards, baseline, access in time."""

from django.db import models
from django.db.models import F, Q

from awayteam.engagements import keeping
from awayteam.engagements.machine import CONTRACT_FINAL, FINAL, SIGNED, ContractState
from awayteam.kernel.appendonly import append_only, frozen
from awayteam.stories.models import Story, StoryStep, constraints, indexes


class ReviewMode(models.TextChoices):
    """Who reviews the away team's changes. Source: specs/engagements.md."""

    EVERY_CHANGE = "every-change"
    """The home team reviews each change."""
    ARCHITECTURE = "architecture"
    """The home team signs the design; then the away team merges on its own review and green checks."""
    BAR_RAISER = "bar-raiser"
    """Independent reviewers review, because the home team can't."""


class Side(models.TextChoices):
    """The two sides of an engagement."""

    HOME = "home"
    AWAY = "away"


class Engagement(Story):
    """A visit of people of the away team to what the home team owns.

    While it is being prepared its columns are a draft; from the first contract in force on they are a copy of that
    contract, written with it and by nothing else. `home_decider` is the decider of record, who signs the design before
    the code; contact and deputy answer questions and rounds. `manager` is the one accountable manager, of the away
    side. `starts_on` and `ends_on` are the time-box (both days belong to it, in the away team's time zone).
    `pledged_hours` are what the home team gives in all. `service` is the entity worked on. `request` is what it serves.
    """

    title = models.CharField(max_length=200)
    goal = models.TextField(help_text="what will be different, in Markdown")
    request = models.ForeignKey("requests.Request", null=True, on_delete=models.SET_NULL, related_name="engagements")
    service = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="+")
    home_team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    away_team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    home_decider = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    home_contact = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    home_deputy = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    away_lead = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    manager = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    working_days = models.PositiveIntegerField(null=True, help_text="of one person, planned for the whole visit")
    review_mode = models.CharField(max_length=20, choices=ReviewMode.choices, default=ReviewMode.EVERY_CHANGE)
    pledged_hours = models.PositiveIntegerField(default=0)
    warranty_days = models.PositiveIntegerField(default=30)
    pager_on = models.DateField(null=True, help_text="when the pager for what was built moves to the home team")
    done_means = models.JSONField(default=list, help_text="the definition of done: texts, each a line of the handover")
    contract = models.ForeignKey("Contract", null=True, on_delete=models.PROTECT, related_name="+")
    paused_until = models.DateField(null=True)
    began_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True, help_text="when the handover was accepted")
    production_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True, help_text="why it ended early, of the fixed list")

    class Meta:
        constraints = [
            *constraints("engagement", [state.value for state in FINAL]),
            models.CheckConstraint(condition=~Q(home_team=F("away_team")), name="engagement_of_two_teams"),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(state.value for state in SIGNED)) | Q(contract__isnull=False),
                name="engagement_signed_has_contract",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="engagement_ends_after_it_starts",
            ),
        ]
        indexes = [
            *indexes("engagement"),
            models.Index(fields=["home_team", "state"], name="engagement_home"),
            models.Index(fields=["away_team", "state"], name="engagement_away"),
            models.Index(fields=["changed_at", "id"], name="engagement_changed"),
        ]

    def __str__(self) -> str:
        return self.title


class EngagementStep(StoryStep):
    story = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["verb", "at"], name="engagementstep_verb")]


@frozen("engagement_id", "number", "text", "sha256", "why", "proposed_side", "created_at")
class Contract(Story):
    """One text that both sides sign. Number 1 is the first; each later one is an amendment, with why it is needed.

    `text` is canonical (`contracts.canonical`), `sha256` its hash; the database refuses to change either, or to delete
    the row. It is in force once both sides signed that hash.
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="contracts")
    number = models.PositiveIntegerField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    why = models.TextField(blank=True)
    proposed_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_side = models.CharField(max_length=4, choices=Side.choices)
    in_force_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            *constraints("contract", [state.value for state in CONTRACT_FINAL]),
            models.UniqueConstraint(fields=["engagement", "number"], name="contract_numbered"),
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(state=ContractState.SIGNING.value), name="contract_one_being_signed"
            ),
            models.CheckConstraint(
                condition=Q(state=ContractState.IN_FORCE.value, in_force_at__isnull=False)
                | (~Q(state=ContractState.IN_FORCE.value) & Q(in_force_at__isnull=True)),
                name="contract_in_force_since",
            ),
        ]
        indexes = indexes("contract")

    def __str__(self) -> str:
        return f"contract {self.number} of {self.engagement_id}"


class ContractStep(StoryStep):
    story = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["id"]


@append_only
class Signature(models.Model):
    """Who signed which text for which side. The database refuses to change or delete it."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=4, choices=Side.choices)
    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200, help_text="the name as it was")
    role = models.CharField(max_length=40, help_text="as what they signed: decider, lead, manager...")
    sha256 = models.CharField(max_length=64)
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "side"], name="signature_one_a_side"),
            models.UniqueConstraint(fields=["contract", "person"], name="signature_of_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.label} for the {self.side} side"


class Scope(models.Model):
    """What may be changed: paths of one repository, as a pattern in CODEOWNERS syntax ("/" is all of it)."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="scopes")
    repository = models.CharField(max_length=300, help_text="as it is followed, or its address")
    followed = models.ForeignKey("contributions.Repository", null=True, on_delete=models.SET_NULL, related_name="+")
    pattern = models.CharField(max_length=1000)
    why = models.CharField(max_length=300, blank=True, help_text="from what it was filled in")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "repository", "pattern"], name="scope_once"),
        ]

    def __str__(self) -> str:
        return f"{self.repository}:{self.pattern}"


class Member(models.Model):
    """Somebody who works in the away team, from `joins_on` until `leaves_on` (both days belong to it; None: the end).

    `share` is the contracted share of their time in percent; it counts once their manager agreed (`agreed_at`). Who was
    on the list when a text was written is signed with it; who comes later needs the home side's `home_agreed_at`.
    `left_at` is set where they stop early; `why` says why.
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    share = models.PositiveSmallIntegerField(default=100)
    joins_on = models.DateField()
    leaves_on = models.DateField(null=True)
    agreed_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    home_agreed_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    home_agreed_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(help_text="when they were put on the list")
    left_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "person"], condition=Q(left_at__isnull=True), name="member_once"
            ),
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=100), name="member_share_percent"),
            models.CheckConstraint(
                condition=Q(leaves_on__isnull=True) | Q(leaves_on__gte=F("joins_on")),
                name="member_leaves_after_joining",
            ),
        ]
        indexes = [models.Index(fields=["person", "left_at"], name="member_person")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.engagement_id}"


class Granting(models.Model):
    """An interval in which the engagement grants access: active or handing over, not paused; None: still.

    `latest_at` is when it ends by itself at the latest, whether or not anything runs then: the end of the clock.
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="grantings")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    latest_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement"], condition=Q(ends_at__isnull=True), name="granting_open_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("starts_at")), name="granting_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engagement_id} since {self.starts_at:%Y-%m-%d}"


class Extension(models.Model):
    """Working days by which the time-box grew without an amendment, and what for; `subject` is what decided it."""

    class Cause(models.TextChoices):
        PAUSE = "pause"
        """The working days of a pause."""
        RULING = "ruling"
        """A demand beyond the frozen standards was accepted."""
        SILENCE = "silence"
        """The home side let a clock run out."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="extensions")
    cause = models.CharField(max_length=10, choices=Cause.choices)
    days = models.PositiveIntegerField()
    before = models.DateField(help_text="the last day of the time-box as it was")
    after = models.DateField()
    why = models.TextField()
    subject_kind = models.CharField(max_length=30, blank=True)
    subject_id = models.BigIntegerField(null=True)
    subject_label = models.CharField(max_length=300, blank=True)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(after__gte=F("before")), name="extension_grows")]

    def __str__(self) -> str:
        return f"{self.days} working days: {self.why}"


class Place(models.Model):
    """An open place in an away team, offered to everybody: the gig marketplace."""

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="places")
    title = models.CharField(max_length=200)
    skills = models.JSONField(default=list)
    hours = models.PositiveIntegerField(help_text="in all")
    words = models.TextField(blank=True)
    open_until = models.DateField(null=True)
    filled_by = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["open_until"], name="place_open", condition=Q(closed_at__isnull=True))]

    def __str__(self) -> str:
        return self.title


class Application(models.Model):
    """Somebody who would take a place, and what the away team's lead answered."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="applications")
    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="+")
    words = models.TextField(blank=True)
    applied_at = models.DateTimeField()
    answer = models.CharField(max_length=10, blank=True, choices=[("taken", "taken"), ("refused", "refused")])
    answered_at = models.DateTimeField(null=True)
    answer_words = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["place", "person"], name="application_once")]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.place_id}"


@frozen(*keeping.COLUMNS, statements=keeping.statements)
class Standard(models.Model):
    """A document that the away team follows, as it was when the contract was written; never changed after signing.

    `commit` is what it was read at ("" where it was written by hand); `text` stays readable if the repository is gone.
    """

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="standards")
    title = models.CharField(max_length=200)
    repository = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64)
    text = models.TextField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["engagement", "repository", "path", "sha256"], name="standard_once")
        ]

    def __str__(self) -> str:
        return self.title


class BaselineItem(models.Model):
    """Something that was so before the visit: a check that failed, a finding, coverage, a known defect.

    `value` is a figure where there is one (coverage in percent). `source` is the file it was read from, or "by hand".
    """

    class Kind(models.TextChoices):
        CHECK = "check"
        FINDING = "finding"
        COVERAGE = "coverage"
        DEFECT = "defect"

    engagement = models.ForeignKey(Engagement, on_delete=models.CASCADE, related_name="baseline")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=500)
    words = models.TextField(blank=True)
    path = models.CharField(max_length=1000, blank=True)
    value = models.DecimalField(null=True, max_digits=9, decimal_places=3)
    source = models.CharField(max_length=300, blank=True)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "key", "id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "kind", "key"], name="baselineitem_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
