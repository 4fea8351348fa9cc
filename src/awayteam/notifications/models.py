"""State of notifications: what somebody was told, how they wish to be told, and what still has to leave."""

from django.db import models

from awayteam.notifications.rules import Channel, Group, Level, When


def _choices(values: "type[Group] | type[Channel] | type[Level] | type[When]") -> list[tuple[str, str]]:
    return [(value.value, value.value) for value in values]


class Notification(models.Model):
    """Somebody was told something. `key` is the caller's: each person is told once for each key.

    `text` is one plain sentence; `address` the path of the page ("" where there is none). `actor_label` is who did it.
    """

    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=200)
    at = models.DateTimeField()
    event = models.CharField(max_length=60)
    group = models.CharField(max_length=20, choices=_choices(Group))
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    subject_label = models.CharField(max_length=300)
    text = models.CharField(max_length=1000)
    address = models.CharField(max_length=500, blank=True)
    actor_person_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["person", "-at", "-id"], name="notification_person"),
            models.Index(
                fields=["person", "-id"], name="notification_unread", condition=models.Q(read_at__isnull=True)
            ),
            models.Index(fields=["key"], name="notification_key"),
            models.Index(fields=["person", "subject_kind", "subject_id"], name="notification_subject"),
            models.Index(fields=["at"], name="notification_at"),
        ]

    def __str__(self) -> str:
        return self.text


class Sending(models.Model):
    """That a notification leaves by a channel from `due_at` on; `done_at` is when it was put into the outbox, or left
    out because it had been read (or may not be seen any more). `when` is the choice that set the time."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="sendings")
    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, choices=_choices(Channel))
    when = models.CharField(max_length=10, choices=_choices(When))
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notification", "channel"], name="sending_once")]
        indexes = [
            models.Index(fields=["due_at", "id"], name="sending_due", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["person", "channel"], name="sending_person", condition=models.Q(done_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.notification_id} by {self.channel}"


class Preference(models.Model):
    """How a person wishes to be told; whoever has none is told as `rules.DEFAULTS` says.

    `choices` is {channel: {group: when}}. Quiet hours are "HH:MM" in the person's time zone; they may pass midnight.
    On `quiet_days` (0 is Monday) nothing leaves at all. `slack_url` and `webhook_secret` are sealed.
    """

    person = models.OneToOneField("organisation.Person", on_delete=models.CASCADE, related_name="preference")
    choices = models.JSONField(default=dict)
    quiet_start = models.CharField(max_length=5, blank=True)
    quiet_end = models.CharField(max_length=5, blank=True)
    quiet_days = models.JSONField(default=list)
    urgent_in_quiet = models.BooleanField(default=False)
    digest_time = models.CharField(max_length=5, blank=True)
    digest_weekday = models.PositiveSmallIntegerField(null=True)
    slack_url = models.TextField(blank=True)
    webhook_url = models.URLField(max_length=2000, blank=True)
    webhook_secret = models.TextField(blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"wishes of {self.person_id}"


class Subscription(models.Model):
    """That a person follows a subject, or wants to hear less of it. Of a team (kind "team") the level says what its
    members hear of what concerns the team."""

    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="subscriptions")
    subject_kind = models.CharField(max_length=30)
    subject_id = models.BigIntegerField()
    level = models.CharField(max_length=10, choices=_choices(Level), default=Level.ALL)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "subject_kind", "subject_id"], name="subscription_once")
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="subscription_subject")]

    def __str__(self) -> str:
        return f"{self.person_id} hears {self.level} of {self.subject_kind} {self.subject_id}"


class TeamChannel(models.Model):
    """Where a whole team reads what concerns it: a Slack-compatible incoming webhook (sealed)."""

    team = models.OneToOneField("organisation.Team", on_delete=models.CASCADE, related_name="channel")
    url = models.TextField()
    host = models.CharField(max_length=255, help_text="of the address, for people to know it again")
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.team_id} at {self.host}"


class CalendarFeed(models.Model):
    """A secret address under which a person's clocks are a calendar. Only its SHA-256 is kept."""

    person = models.ForeignKey("organisation.Person", on_delete=models.CASCADE, related_name="calendar_feeds")
    digest = models.CharField(max_length=64, unique=True)
    with_teams = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(revoked_at__isnull=True), name="calendarfeed_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"calendar of {self.person_id}"
