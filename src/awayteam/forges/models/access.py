"""Access on forges: what we gave, what others gave, when each repository is looked at, and what a look did."""

from django.db import models
from django.db.models import Q

from awayteam.forges.models.forges import ForgeAccount, ForgeRepository
from awayteam.forges.port import Level

LEVELS = [(level.value, level.value) for level in Level]


class GrantEnd(models.TextChoices):
    """How a right of ours ended."""

    TAKEN = "taken"
    LOWERED = "lowered"
    """To what was there before."""
    GONE = "gone"
    """Others had taken it away."""
    RAISED = "raised"
    """Others had raised it, and it stays as theirs."""


class ForgeGrant(models.Model):
    """A right that we gave, or are about to give: the row is written before the forge is asked.

    `engagement` is the one that lasts longest, `asked` all that was asked for: {"level", "until", "parts"}. `before`
    is what the account held before ("": nothing), and is what remains. The moments tell how far we are: meant
    (`asked_at`), answered (`applied_at`), seen on the forge (`seen_at`); meant to be taken (`taking_at`), answered
    (`taken_at`), seen to be gone (`removed_at`), which ends the row.
    """

    repository = models.ForeignKey(ForgeRepository, on_delete=models.PROTECT, related_name="grants")
    account = models.ForeignKey(ForgeAccount, on_delete=models.PROTECT, related_name="grants")
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    engagement = models.ForeignKey(
        "engagements.Engagement", null=True, on_delete=models.SET_NULL, related_name="forge_grants"
    )
    level = models.CharField(max_length=10, choices=LEVELS)
    until = models.DateTimeField()
    asked = models.JSONField(default=dict)
    before = models.CharField(max_length=10, choices=LEVELS, blank=True)
    before_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    is_pending = models.BooleanField(default=False, help_text="an invitation that wasn't accepted yet")
    taking_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=8, choices=GrantEnd.choices, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "account"], condition=Q(removed_at__isnull=True), name="forgegrant_open_once"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, ended="") | (Q(removed_at__isnull=False) & ~Q(ended="")),
                name="forgegrant_ended_somehow",
            ),
        ]
        indexes = [
            models.Index(fields=["repository", "removed_at"], name="forgegrant_open"),
            models.Index(fields=["engagement", "removed_at"], name="forgegrant_engagement"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} in {self.repository_id}"


class StrayRight(models.Model):
    """A right to write that we didn't give, of somebody who isn't at home in the repository; open while `gone_at` is
    None. `raised` says that somebody raised what we gave. `removed` says that we took it away, as the rulebook asks."""

    repository = models.ForeignKey(ForgeRepository, on_delete=models.PROTECT, related_name="strays")
    external_id = models.CharField(max_length=200)
    login = models.CharField(max_length=200)
    account = models.ForeignKey(ForgeAccount, null=True, on_delete=models.SET_NULL, related_name="+")
    level = models.CharField(max_length=10, choices=LEVELS)
    is_pending = models.BooleanField(default=False)
    raised = models.BooleanField(default=False)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    removed = models.BooleanField(default=False)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "external_id"], condition=Q(gone_at__isnull=True), name="strayright_open_once"
            ),
        ]
        indexes = [models.Index(fields=["gone_at", "id"], name="strayright_open")]

    def __str__(self) -> str:
        return f"{self.login} in {self.repository_id}"


class RepositoryAccess(models.Model):
    """When the access of a repository is looked at next, and what the last look found.

    `next_at` is when something begins, ends, or is tried again; `revokes_at` when the first open right of ours ends,
    by which repositories are taken in turn. `digest` is of what was wanted at the last survey. `waiting` lists people
    ({"person", "engagements"}) whose account nobody knows. Taken by compare-and-set with a lease; `decided_at` is the
    latest moment that a look counted from.
    """

    repository = models.OneToOneField(ForgeRepository, on_delete=models.CASCADE, related_name="access")
    next_at = models.DateTimeField()
    revokes_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    looked_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    waiting = models.JSONField(default=list)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name_plural = "repository accesses"
        indexes = [models.Index(fields=["next_at", "id"], name="repositoryaccess_due")]

    def __str__(self) -> str:
        return f"access of {self.repository_id}"


class Reconciliation(models.Model):
    """A look that changed or found something, failed, or was asked for. `steps` are those that did anything."""

    repository = models.ForeignKey(ForgeRepository, on_delete=models.CASCADE, related_name="reconciliations")
    at = models.DateTimeField()
    asked_by = models.CharField(max_length=200, blank=True)
    steps = models.JSONField(default=list)
    given = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    strays = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["repository", "-id"], name="reconciliation_repository"),
            models.Index(fields=["at"], name="reconciliation_at"),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id} at {self.at:%Y-%m-%d %H:%M}"


class AccessMark(models.Model):
    """One row: up to which event what is wanted was worked out, and when that was done last."""

    event = models.BigIntegerField(default=0)
    surveyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"as of event {self.event}"
