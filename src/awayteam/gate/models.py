"""State of the gate: changes that it was told of, their reviews, every verdict that came out differently, emergencies.

A forge, or a client of the API, tells; `origin` and `origin_key` say who and by which id, so that telling twice is
telling once. Nothing here belongs to a forge: what is particular to one is kept by `forges`.
"""

from django.db import models
from django.db.models import Q

from awayteam.gate.change import Said, Way
from awayteam.gate.verdict import Outcome
from awayteam.kernel.appendonly import append_only


class Stand(models.TextChoices):
    """Where a change stands at its origin."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


class RuleSet(models.Model):
    """Rule files as somebody told them, by the hash of their paths and contents; `files` is `rulefiles.packed`."""

    digest = models.CharField(max_length=64, unique=True)
    files = models.BinaryField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest[:12]


class Change(models.Model):
    """A pull request, or a push, that the gate was told of.

    `repository` is the name under which scopes know it, `key` what people call the change there ("#12", a branch).
    `hands` are all others who wrote in it: [{"person", "label", "bot"}]. `paths` are as git names them, quoted where
    that is no text (`plain.quoted`); `is_whole` is False where the origin named only some. `checks` are those at
    `head`: [{"name", "passed"}].
    `rules` are the rule files of `base`, where they were told; a followed repository is asked first.

    `told_at` is the moment of the newest telling that counted: an older one never comes in its place.
    `first_reviewed_at` is the first review by somebody who has no hand in it. `home_team` owns most of the paths.
    `outcome`, `says` (one line), `standings`, `due_at` (when its first clock runs out), `judged_at`, `home_team`,
    `engagements` and `asked` are of the last verdict. `judge_at` is when it has to be judged again (None: when
    something happens).
    """

    origin = models.CharField(max_length=100)
    origin_key = models.CharField(max_length=200)
    teller = models.ForeignKey("accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    repository = models.CharField(max_length=300)
    followed = models.ForeignKey("contributions.Repository", null=True, on_delete=models.SET_NULL, related_name="+")
    way = models.CharField(max_length=5, choices=[(one.value, one.value) for one in Way], default=Way.MERGE.value)
    key = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    title = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    author_label = models.CharField(max_length=200)
    author_is_bot = models.BooleanField(default=False)
    hands = models.JSONField(default=list)
    base_ref = models.CharField(max_length=300, blank=True)
    base = models.CharField(max_length=64)
    head = models.CharField(max_length=64)
    paths = models.JSONField(default=list)
    is_whole = models.BooleanField(default=True)
    rules = models.ForeignKey(RuleSet, null=True, on_delete=models.PROTECT, related_name="+")
    checks = models.JSONField(default=list)
    state = models.CharField(max_length=6, choices=Stand.choices, default=Stand.OPEN)
    is_draft = models.BooleanField(default=False)
    from_fork = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    pushed_at = models.DateTimeField(help_text="when it came to the head that it has")
    told_at = models.DateTimeField()
    first_reviewed_at = models.DateTimeField(null=True)
    merged_at = models.DateTimeField(null=True)
    merged_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    merged_by_label = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    outcome = models.CharField(max_length=7, choices=[(one.value, one.value) for one in Outcome], blank=True)
    says = models.CharField(max_length=200, blank=True)
    standings = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    judge_at = models.DateTimeField(null=True)
    home_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    engagements = models.ManyToManyField("engagements.Engagement", related_name="changes")
    asked = models.ManyToManyField("organisation.Person", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["origin", "origin_key"], name="change_once"),
            models.CheckConstraint(
                condition=Q(state=Stand.OPEN, closed_at__isnull=True)
                | (~Q(state=Stand.OPEN) & Q(closed_at__isnull=False)),
                name="change_closed_when_not_open",
            ),
            models.CheckConstraint(
                condition=Q(state=Stand.MERGED, merged_at__isnull=False)
                | (~Q(state=Stand.MERGED) & Q(merged_at__isnull=True)),
                name="change_merged_at",
            ),
        ]
        indexes = [
            models.Index(fields=["-opened_at", "-id"], name="change_newest"),
            models.Index(fields=["state", "-opened_at"], name="change_state"),
            models.Index(fields=["repository", "-opened_at"], name="change_repository"),
            models.Index(fields=["home_team", "-opened_at"], name="change_home"),
            models.Index(fields=["author", "-opened_at"], name="change_author"),
            models.Index(fields=["judge_at"], name="change_judge_at", condition=Q(judge_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.repository} {self.key}".strip()


class ChangeReview(models.Model):
    """What a reviewer said of a change, by the review's own key at the origin; a later word under it replaces it."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="reviews")
    origin_key = models.CharField(max_length=200)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    is_bot = models.BooleanField(default=False)
    said = models.CharField(max_length=17, choices=[(one.value, one.value) for one in Said])
    commit = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["change", "origin_key"], name="changereview_once")]

    def __str__(self) -> str:
        return f"{self.label}: {self.said}"


@append_only
class Judgement(models.Model):
    """A verdict about a change: a row for the first one of a head, and for each that differs from the one before.

    `verdict` is `plain.as_json` as canonical JSON, `digest` the hash of what can differ in it (not the moment, not the
    rulebook's version); `cause` says what it was judged for.
    """

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="judgements")
    head = models.CharField(max_length=64)
    outcome = models.CharField(max_length=7, choices=[(one.value, one.value) for one in Outcome])
    verdict = models.TextField()
    digest = models.CharField(max_length=64)
    rulebook = models.CharField(max_length=64)
    cause = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["change", "-id"], name="judgement_newest")]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.head[:10]}"


@append_only
class Passage(models.Model):
    """An emergency override: one head of a change goes in without the words that it lacks, until `until`.

    `entry` is its place in the public register, written in the same transaction. The database refuses to change it.
    """

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="passages")
    head = models.CharField(max_length=64)
    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=200, help_text="the name as it was")
    reason = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()
    entry = models.OneToOneField("reviews.RegisterEntry", on_delete=models.PROTECT, related_name="passage")

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="passage_has_reason")]

    def __str__(self) -> str:
        return f"{self.head[:10]} by {self.label}"


class Watch(models.Model):
    """One row: up to which event, and under which rulebook, open changes were looked at again.

    `seen` are the events that concerned changes among those just before it: one of a transaction that is committed late
    isn't among them, and is found.
    """

    event = models.BigIntegerField(default=0)
    seen = models.JSONField(default=list)
    rulebook = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"as of event {self.event}"
