"""State of flags: environments with their tokens, flags, their definitions in time, switches and plans."""

from django.db import models
from django.db.models import Q

from awayteam.flags.rules import Deed, Purpose, Reach
from awayteam.kernel.appendonly import append_only


class Environment(models.Model):
    """Where flags are asked ("production"): each has definitions of its own. `evaluators` is JSON of shared rules.

    `version` counts every change of what is served there, of tokens too: a process that serves compares it with its
    own. `position` orders them, the nearest to customers first.
    """

    key = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    evaluators = models.TextField(default="{}")
    version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.title or self.key


class Flag(models.Model):
    """A switch in somebody's code. `kind` is what its variants are ("boolean"); `purpose` says what it is for.

    `remove_on` is when it should be gone from the code; flags that stay for good have none. `archived_at`: it is gone,
    and served no more. `asked_at` and `asked_why`: its team was asked whether it may go, and hasn't answered.
    `kept_until`: don't ask before. `version` counts changes, for optimistic locking.
    """

    key = models.CharField(max_length=200, unique=True)
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    owner = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="flags")
    kind = models.CharField(max_length=10)
    purpose = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Purpose])
    remove_on = models.DateField(null=True)
    kept_until = models.DateField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_why = models.TextField(blank=True)
    created_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(archived_at__isnull=True) | Q(asked_at__isnull=True), name="flag_archived_is_not_asked"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "key"], name="flag_owner"),
            models.Index(fields=["remove_on"], name="flag_remove", condition=Q(archived_at__isnull=True)),
            models.Index(fields=["changed_at", "id"], name="flag_changed"),
        ]

    def __str__(self) -> str:
        return self.title or self.key


@append_only
class Definition(models.Model):
    """What a flag was in one environment from `at` on, as JSON of flagd (`text`, as it was written).

    Numbered within flag and environment from 1. `number_restored` is the one that a roll-back brought back.
    """

    flag = models.ForeignKey(Flag, on_delete=models.PROTECT, related_name="definitions")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    text = models.TextField()
    number_restored = models.PositiveIntegerField(null=True)
    reason = models.TextField(blank=True)
    person_id = models.BigIntegerField(null=True)
    label = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["flag", "environment", "number"], name="definition_numbered"),
        ]

    def __str__(self) -> str:
        return f"{self.flag_id} in {self.environment_id}, {self.number}"


class Setting(models.Model):
    """What a flag is now in one environment. `killed_at`: everybody gets `killed_variant` ("": the code's default).

    `since` is when what is served changed last. `everybody` names the one variant that can come out ("" where several
    can): such a flag decides nothing any more.
    """

    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="settings")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="settings")
    definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    everybody = models.CharField(max_length=200, blank=True)
    since = models.DateTimeField()
    killed_at = models.DateTimeField(null=True)
    killed_variant = models.CharField(max_length=200, blank=True)
    killed_why = models.TextField(blank=True)
    killed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["flag", "environment"], name="setting_once"),
            models.CheckConstraint(
                condition=Q(killed_at__isnull=False) | Q(killed_variant="", killed_why="", killed_by=""),
                name="setting_killed_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flag_id} in {self.environment_id}"


class Plan(models.Model):
    """A change that happens by itself at a time: another definition (`text`), the kill switch, or its release.

    `done_at` is when it was done, `failed` why it couldn't be; `cancelled_at` that somebody took it back.
    """

    setting = models.ForeignKey(Setting, on_delete=models.CASCADE, related_name="plans")
    at = models.DateTimeField()
    deed = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Deed])
    text = models.TextField(blank=True)
    variant = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    created_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    failed = models.TextField(blank=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(cancelled_at__isnull=True), name="plan_done_or_cancelled"
            ),
        ]
        indexes = [
            models.Index(fields=["at"], name="plan_due", condition=Q(done_at__isnull=True, cancelled_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.deed} at {self.at}"


class FlagToken(models.Model):
    """What an application shows to ask for flags of one environment; only its hash is kept.

    `reach` says how far it goes: programs of ours read whole rulesets, what runs at customers only asks.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    reach = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Reach])
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)
    created_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "name"], condition=Q(revoked_at__isnull=True), name="flagtoken_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
