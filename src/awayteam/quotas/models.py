"""State of quotas: limits, proxies that fetch them, what proxies counted, and spikes of consumers."""

from django.db import models
from django.db.models import Q

from awayteam.quotas.rules import Origin, SpikeState, State, Unit


def _choices(names: object) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in names]  # type: ignore[attr-defined]


class Limit(models.Model):
    """How much one consumer may ask of an API, or of one operation of it (its key; "" is all that has none of its own).

    Without consumer it holds for each one that no limit names, a bucket for each. `set_by` last changed it.
    """

    api = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+", db_index=False)
    consumer = models.ForeignKey("catalog.Entity", null=True, on_delete=models.CASCADE, related_name="+")
    operation = models.CharField(max_length=500, blank=True)
    requests = models.PositiveIntegerField()
    unit = models.CharField(max_length=6, choices=_choices(Unit))
    burst = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=_choices(State), default=State.SHADOW.value)
    origin = models.CharField(max_length=10, choices=_choices(Origin), default=Origin.HAND.value)
    allocation = models.BigIntegerField(null=True, help_text="number of the allocation that it follows")
    reason = models.TextField()
    set_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    state_since = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api", "consumer", "operation"], name="limit_once"),
            models.UniqueConstraint(
                fields=["api", "operation"], condition=Q(consumer__isnull=True), name="limit_others_once"
            ),
            models.CheckConstraint(condition=Q(requests__gte=1, burst__gte=1), name="limit_lets_something_through"),
        ]
        indexes = [models.Index(fields=["state", "api"], name="limit_state")]

    def __str__(self) -> str:
        return f"{self.requests} per {self.unit}"


class Revision(models.Model):
    """Counts changes of limits, in one row: proxies ask often, and whoever has the newest needn't be told again."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class Node(models.Model):
    """A proxy that fetches limits with a token of its own (only its hash is kept) for the upstreams it stands before.

    `upstreams` are as in the file of `awayteam envoy`. `seen_at` and `version` say when it last asked, and what it has.
    """

    name = models.CharField(max_length=100, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    upstreams = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    version = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.name


class Count(models.Model):
    """What proxies did under a limit in one hour (since 1970): unsampled. `over` would have been limited in shadow."""

    limit = models.ForeignKey(Limit, on_delete=models.CASCADE, related_name="counts", db_index=False)
    hour = models.PositiveIntegerField()
    allowed = models.BigIntegerField(default=0)
    over = models.BigIntegerField(default=0)
    denied = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["limit", "hour"], name="quotacount_once")]
        indexes = [models.Index(fields=["hour"], name="quotacount_hour")]

    def __str__(self) -> str:
        return f"{self.limit_id} in {self.hour}"


class LogPlace(models.Model):
    """How far an access log was read: `inode` tells a log from the one that it replaced, `offset` is in bytes."""

    path = models.CharField(max_length=500, unique=True)
    inode = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.path


class Spike(models.Model):
    """An hour (since 1970) in which a consumer asked far more of an API than it usually does, with a limit to answer.

    A candidate for an incident, no verdict. `usual` is calls an hour; `requests`, `unit`, `burst` are the ready limit.
    """

    api = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+")
    consumer = models.ForeignKey("catalog.Entity", on_delete=models.CASCADE, related_name="+")
    hour = models.PositiveIntegerField()
    calls = models.BigIntegerField()
    usual = models.FloatField()
    requests = models.PositiveIntegerField()
    unit = models.CharField(max_length=6, choices=_choices(Unit))
    burst = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=_choices(SpikeState), default=SpikeState.OPEN.value)
    limit = models.ForeignKey(Limit, null=True, on_delete=models.SET_NULL, related_name="spikes")
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api", "consumer"], condition=Q(state="open"), name="spike_open_once")
        ]
        indexes = [models.Index(fields=["found_at"], name="spike_found")]

    def __str__(self) -> str:
        return f"{self.calls} calls in hour {self.hour}"
