"""State of the organisation: teams and units, people, memberships and identities."""

from django.db import models
from django.db.models import F, Q


class Team(models.Model):
    """A team that owns services, or a unit that groups teams (`is_unit`). `ref` is canonical: `group:default/payments`.

    A team that is only named by others (as an owner, a parent, a member's team) has a row too, with `declared` False.
    `calendar` is {"country": "DE", "subdivision": "BE", "hours": ["09:00", "17:00"], "weekdays": [0, 1, 2, 3, 4]}.
    """

    ref = models.CharField(max_length=300, unique=True)
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    is_unit = models.BooleanField(default=False)
    type = models.CharField(max_length=100, blank=True)
    declared = models.BooleanField(default=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    mission = models.TextField(blank=True)
    contacts = models.JSONField(default=dict)
    email = models.CharField(max_length=320, blank=True)
    picture = models.TextField(blank=True)
    on_call_url = models.TextField(blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    calendar = models.JSONField(default=dict)
    dissolved_at = models.DateTimeField(null=True)
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [models.Index(fields=["name"], name="team_name")]

    def __str__(self) -> str:
        return self.title or self.name


class Person(models.Model):
    """Somebody who works here. `ref` is canonical: `user:default/ada`.

    `declared` is False for a person whom others only name.
    """

    ref = models.CharField(max_length=300, unique=True)
    name = models.CharField(max_length=200)
    display_name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=320, blank=True)
    picture = models.TextField(blank=True)
    declared = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=60, blank=True)
    manager = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="reports")
    primary_team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    left_at = models.DateTimeField(null=True)
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL)

    class Meta:
        indexes = [models.Index(fields=["name"], name="person_name")]

    def __str__(self) -> str:
        return self.display_name or self.name


class Role(models.TextChoices):
    """What somebody is to a team or unit; rights follow from it, never from a list of grants."""

    MEMBER = "member"
    LEAD = "lead"
    DECIDER = "decider"
    TRUSTED_COMMITTER = "trusted-committer"
    MANAGER = "manager"


class Membership(models.Model):
    """A person's place in a team from `starts` (inclusive) until `ends` (exclusive).

    None as `starts` means before anybody kept a record; None as `ends` means still.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)
    starts = models.DateTimeField(null=True)
    ends = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL)
    declared_by = models.CharField(
        max_length=300, blank=True, help_text="reference of the entity whose document says so"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "person", "role"], condition=Q(ends__isnull=True), name="membership_open_once"
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True) | Q(ends__isnull=True) | Q(ends__gte=F("starts")),
                name="membership_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["declared_by"], name="membership_declared_by")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id}"


class Confidence(models.TextChoices):
    CONFIRMED = "confirmed"
    DECLARED = "declared"
    INFERRED = "inferred"
    GUESS = "guess"


class Identity(models.Model):
    """A name under which a person is known somewhere: an e-mail address, or a handle on a forge.

    `value_key` is the value case-folded. Within one provider a value belongs to one person; a claim by a second
    document is kept out and reported.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=40)
    value = models.CharField(max_length=320)
    value_key = models.CharField(max_length=320)
    confidence = models.CharField(max_length=10, choices=Confidence.choices, default=Confidence.DECLARED)
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL)
    evidence = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["provider", "value_key"], name="identity_once")]

    def __str__(self) -> str:
        return f"{self.provider}:{self.value}"


class FactEdit(models.Model):
    """What a person set about a team or a person, beside what a source declares; one open edit for each field.

    The column of the team or person holds the value in force; `declared` is the source's own, kept by imports.
    """

    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="edits")
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="edits")
    field = models.CharField(max_length=40)
    value = models.JSONField(null=True)
    declared = models.JSONField(null=True)
    declared_at = models.DateTimeField(null=True, help_text="when the source's value last changed since the edit")
    reason = models.TextField()
    made_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(team__isnull=False, person__isnull=True) | Q(team__isnull=True, person__isnull=False),
                name="factedit_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["team", "field"],
                condition=Q(ended_at__isnull=True, team__isnull=False),
                name="factedit_team_open_once",
            ),
            models.UniqueConstraint(
                fields=["person", "field"],
                condition=Q(ended_at__isnull=True, person__isnull=False),
                name="factedit_person_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} of {self.team_id or self.person_id}"
