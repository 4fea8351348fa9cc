"""Forges, their repositories and accounts, what was delivered, and what is to be asked of them.

Repositories, accounts and changes are known by the forge's own ids; a name is what it was called when last heard of.
"""

from typing import Any

from django.db import models
from django.db.models import Q


class ForgeState(models.TextChoices):
    """A removed forge keeps its rows, without secrets; nothing is heard from it or told to it any more."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class Forge(models.Model):
    """A forge that we speak with. `settings` are plain values by name, `sealed` the secret ones (`kernel.secrets`).

    `former_until` is until when the webhook secret that was in force before the last change still opens deliveries.
    What stands below `created_at` is its health, as the last contacts left it.
    """

    kind = models.CharField(max_length=20)
    name = models.SlugField(max_length=60, unique=True)
    address = models.CharField(max_length=500, blank=True)
    settings = models.JSONField(default=dict)
    sealed = models.TextField(blank=True)
    former_until = models.DateTimeField(null=True)
    allow_private = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=ForgeState.choices, default=ForgeState.ACTIVE)
    version = models.PositiveIntegerField(default=1, help_text="one more with each change of the settings")
    created_at = models.DateTimeField()
    last_delivery_at = models.DateTimeField(null=True)
    last_answer_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True)
    rate_limit = models.PositiveIntegerField(null=True)
    rate_remaining = models.PositiveIntegerField(null=True)
    rate_resets_at = models.DateTimeField(null=True)
    skew_seconds = models.FloatField(null=True)
    polled_at = models.DateTimeField(null=True)
    poll_wanted = models.BooleanField(default=False, help_text="look at all open changes as soon as it answers")

    def __str__(self) -> str:
        return self.name

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled (a cache, a trace) leaves without the secrets."""
        return {**super().__getstate__(), "sealed": ""}


class ForgeRepository(models.Model):
    """A repository on a forge. `slug` is `organisation/name` as it is called now.

    `repository` is the one whose history is followed, if any; `name` is what scopes of agreements call it where it
    isn't followed ("": its slug). `gone_at` says that the forge doesn't know it any more.
    """

    forge = models.ForeignKey(Forge, on_delete=models.PROTECT, related_name="repositories")
    external_id = models.CharField(max_length=200)
    slug = models.CharField(max_length=300)
    url = models.CharField(max_length=1000, blank=True)
    repository = models.ForeignKey(
        "contributions.Repository", null=True, on_delete=models.SET_NULL, related_name="on_forges"
    )
    name = models.CharField(max_length=300, blank=True)
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True)
    bypasses_until = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "forge repositories"
        constraints = [models.UniqueConstraint(fields=["forge", "external_id"], name="forgerepository_once")]
        indexes = [models.Index(fields=["forge", "slug"], name="forgerepository_slug")]

    def __str__(self) -> str:
        return self.slug


class AccountLink(models.TextChoices):
    """How we know whose account it is; the strongest comes first, a weaker one never replaces it."""

    SIGNED_IN = "signed-in"
    BY_HAND = "by-hand"
    IDENTITY = "identity"


class ForgeAccount(models.Model):
    """Somebody on a forge. `login` is their name there now, `first_login` when they were first heard of.

    A name leads to a person at the first contact only; from then on the id does. `seen` counts how often the account
    took part in a change. `refused` says that an administrator took a link away, so that no name brings it back.
    """

    forge = models.ForeignKey(Forge, on_delete=models.PROTECT, related_name="accounts")
    external_id = models.CharField(max_length=200)
    login = models.CharField(max_length=200)
    first_login = models.CharField(max_length=200)
    is_bot = models.BooleanField(default=False)
    person = models.ForeignKey(
        "organisation.Person", null=True, on_delete=models.SET_NULL, related_name="forge_accounts"
    )
    linked_by = models.CharField(max_length=10, choices=AccountLink.choices, blank=True)
    linked_at = models.DateTimeField(null=True)
    refused = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    seen = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["forge", "external_id"], name="forgeaccount_once"),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | ~Q(linked_by=""), name="forgeaccount_linked_somehow"
            ),
        ]
        indexes = [
            models.Index(fields=["forge", "login"], name="forgeaccount_login"),
            models.Index(fields=["forge", "-seen", "id"], name="forgeaccount_seen"),
        ]

    def __str__(self) -> str:
        return self.login


class DeliveryState(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class ForgeDelivery(models.Model):
    """A verified message of a forge, stored as it came and read later, in the order of arrival.

    `lane` is the repository that it is about ("" until it was looked at, or where it is about none): what fails holds
    up its own lane until it is dead, and no other. Taken by compare-and-set with a lease, as the outbox's messages.
    """

    forge = models.ForeignKey(Forge, on_delete=models.PROTECT, related_name="deliveries")
    delivery_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=100)
    body = models.BinaryField()
    lane = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=40, blank=True)
    last_error = models.TextField(blank=True)
    received_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "forge deliveries"
        constraints = [models.UniqueConstraint(fields=["forge", "delivery_id"], name="forgedelivery_once")]
        indexes = [
            models.Index(fields=["next_at", "id"], name="forgedelivery_due", condition=Q(state="waiting")),
            models.Index(fields=["forge", "state", "-id"], name="forgedelivery_state"),
            models.Index(fields=["state", "done_at"], name="forgedelivery_done"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delivery_id}"


class ForgeChange(models.Model):
    """A pull request on a forge, and whether it must be asked about: there is news where `wanted` is above `asked`.

    Any number of messages about one change are one question, and the answer is the forge's state at that moment; so
    it doesn't matter in which order messages came, or whether one was lost. `change_id` is the gate's row of it.
    `heard_at` is when the oldest news came that wasn't asked about yet, `head` and `stand` what was last answered.
    """

    repository = models.ForeignKey(ForgeRepository, on_delete=models.PROTECT, related_name="changes")
    number = models.PositiveBigIntegerField()
    external_id = models.CharField(max_length=200, blank=True)
    change_id = models.BigIntegerField(null=True)
    head = models.CharField(max_length=64, blank=True)
    stand = models.CharField(max_length=8, blank=True)
    forge_at = models.DateTimeField(null=True, help_text="when it last changed, as the forge's clock says")
    wanted = models.PositiveBigIntegerField(default=1)
    asked = models.PositiveBigIntegerField(default=0)
    is_dead = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=40, blank=True)
    last_error = models.TextField(blank=True)
    heard_at = models.DateTimeField(null=True)
    judged_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_key = models.CharField(max_length=200, blank=True)
    asked_reviewers = models.JSONField(default=list, help_text="ids of accounts that were asked to review")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "number"], name="forgechange_once")]
        indexes = [
            models.Index(
                fields=["next_at", "id"],
                name="forgechange_due",
                condition=Q(wanted__gt=models.F("asked"), is_dead=False),
            ),
            models.Index(fields=["change_id"], name="forgechange_change"),
            models.Index(fields=["repository", "stand"], name="forgechange_stand"),
        ]

    def __str__(self) -> str:
        return f"{self.repository_id}#{self.number}"


class ForgeIssue(models.Model):
    """An issue that asked for something by its label; `request` once it has become one, None while its author is told
    what is lacking."""

    repository = models.ForeignKey(ForgeRepository, on_delete=models.PROTECT, related_name="issues")
    external_id = models.CharField(max_length=200)
    number = models.PositiveBigIntegerField()
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(ForgeAccount, null=True, on_delete=models.SET_NULL, related_name="+")
    request = models.ForeignKey("requests.Request", null=True, on_delete=models.SET_NULL, related_name="forge_issues")
    lacks = models.CharField(max_length=300, blank=True)
    heard_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "external_id"], name="forgeissue_once")]

    def __str__(self) -> str:
        return f"{self.repository_id}#{self.number}"


class ForgeBypass(models.Model):
    """A rule of the forge, or the gate itself, was gone around: an entry of the public register, made once.

    `external_id` is the forge's id of it, or `merge:<change>` where we saw it ourselves.
    """

    repository = models.ForeignKey(ForgeRepository, on_delete=models.PROTECT, related_name="bypasses")
    external_id = models.CharField(max_length=200)
    by = models.ForeignKey(ForgeAccount, null=True, on_delete=models.SET_NULL, related_name="+")
    ref = models.CharField(max_length=300, blank=True)
    before = models.CharField(max_length=64, blank=True)
    after = models.CharField(max_length=64, blank=True)
    says = models.TextField(blank=True)
    at = models.DateTimeField()
    entry_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "forge bypasses"
        constraints = [models.UniqueConstraint(fields=["repository", "external_id"], name="forgebypass_once")]

    def __str__(self) -> str:
        return f"{self.repository_id} {self.external_id}"
