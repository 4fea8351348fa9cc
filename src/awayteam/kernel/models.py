"""State of the kernel: the event log, the outbox, the clocks and the periodic jobs."""

from django.db import models

from awayteam.kernel.appendonly import append_only


@append_only
class Event(models.Model):
    """One thing that happened; appended in the transaction of the change and never altered (triggers refuse it).

    `subject_kind` and `subject_id` name the thing ("entity", "team", "person", "source", "clock", "token", ...). `data`
    holds what changed: `{"changes": {field: [old, new]}}` and whatever else the reader of the history needs.
    """

    at = models.DateTimeField()
    name = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=300)
    actor_kind = models.CharField(max_length=10)
    actor_person_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    rulebook_version = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "id"], name="event_subject"),
            models.Index(fields=["name", "id"], name="event_name"),
            models.Index(fields=["at"], name="event_at"),
            models.Index(
                fields=["actor_person_id", "id"], name="event_actor", condition=models.Q(actor_person_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_label}"


class Webhook(models.Model):
    """An address that is told of events as signed CloudEvents. `events` holds name prefixes; [] means all."""

    name = models.CharField(max_length=100, unique=True)
    url = models.URLField(max_length=2000)
    secret = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class OutboxState(models.TextChoices):
    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


class OutboxMessage(models.Model):
    """One message that must leave at least once; the receiver tells repeats apart by `idempotency_key`.

    `next_at` is when it may be taken next; `lease_until` is set while a worker has it, so that a killed worker's
    message returns by itself. A dead message was given up after the rulebook's number of attempts and can be retried.
    """

    idempotency_key = models.CharField(max_length=200, unique=True)
    channel = models.CharField(max_length=30)
    webhook = models.ForeignKey(Webhook, null=True, on_delete=models.CASCADE)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=OutboxState.choices, default=OutboxState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.CharField(max_length=40, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at", "id"], name="outbox_due", condition=models.Q(state="waiting")),
            models.Index(fields=["state", "-id"], name="outbox_state"),
        ]

    def __str__(self) -> str:
        return self.idempotency_key


class ClockState(models.TextChoices):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    EXPIRED = "expired"


class Clock(models.Model):
    """Time that somebody has to act on something, and what happens when it runs out.

    `kind` names the handler that runs at each of the times in `reminders` and at `due_at`; `next_at` is the earliest
    of those that is still ahead, or None when nothing more will happen. Taken by compare-and-set on `version` with a
    lease, so that a killed worker's clock is taken again by another.
    """

    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=300, default="")
    turn_person_id = models.BigIntegerField(null=True)
    turn_team_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=ClockState.choices, default=ClockState.RUNNING)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    allowance_minutes = models.PositiveIntegerField(help_text="working minutes granted at the start")
    remaining_minutes = models.PositiveIntegerField(null=True, help_text="working minutes left while paused")
    calendar = models.JSONField(default=dict, help_text="time zone, country, subdivision, hours as at the start")
    reminders = models.JSONField(default=list, help_text="times (ISO 8601) that are still to be announced")
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["next_at", "id"], name="clock_due", condition=models.Q(state="running")),
            models.Index(fields=["subject_kind", "subject_id"], name="clock_subject"),
            # whole, since SQLite never uses a partial one where the state is a parameter
            models.Index(fields=["turn_person_id", "state", "due_at"], name="clock_person"),
            models.Index(fields=["turn_team_id", "state", "due_at"], name="clock_team"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_kind} {self.subject_id}"


class PeriodicJob(models.Model):
    """When a job that the code registers ran last and may run next; taken by compare-and-set with a lease."""

    name = models.CharField(max_length=60, unique=True)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    version = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class IdempotentWrite(models.Model):
    """A write that a program may send again: its key, what it was (`fingerprint`), and the answer that it got."""

    user_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="idempotent_write_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_write_created")]

    def __str__(self) -> str:
        return self.key
