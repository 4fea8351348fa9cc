"""State of requests: what is asked, who asks with what value, every step that was made, moves and escalations."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from awayteam.requests.machine import FINAL, State
from awayteam.requests.routing.models import (
    Clue,
    FileKey,
    FileRule,
    OperationKey,
    RequestTerm,
    RoutedEntity,
    RoutedRepository,
    RoutingState,
)
from awayteam.requests.rules import DeclineReason


class Kind(models.TextChoices):
    """What is asked for. Decision times are by kind."""

    FEATURE = "feature"
    BUG = "bug"
    PERFORMANCE = "performance"
    ACCESS = "access"


STATES = [(state.value, state.value) for state in State]
REASONS = [(reason.value, reason.value) for reason in DeclineReason]
FINAL_VALUES = sorted(state.value for state in FINAL)


class Request(models.Model):
    """What one team asks of another.

    `turn_person` and `turn_team` say whose turn it is; `clock` is the one that runs (a row of the kernel). Who asks,
    and with what value, are rows of `Asker`; `value_per_week` and `askers_count` are their sums, kept by every action.
    `decider` answers for the home team. `lost_refusal_at`: the home team can't refuse an away team since then.
    `left_minutes` is what the home team's clock had left when the turn went to somebody else for a while.
    `level` is the unit whose manager has the turn. `version` counts changes, for optimistic locking.
    """

    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=200)
    need = models.TextField()
    state = models.CharField(max_length=20, choices=STATES, default=State.ASKED)
    home_team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    offered_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    asker = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    asking_team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    decider = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    turn_person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    turn_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    clock = models.ForeignKey("kernel.Clock", null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True, help_text="when the clock runs out; a copy, for lists")
    left_minutes = models.PositiveIntegerField(null=True)

    entity = models.ForeignKey("catalog.Entity", null=True, on_delete=models.SET_NULL, related_name="+")
    operation = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=1000, blank=True)
    pasted = models.TextField(blank=True)
    routing = models.JSONField(default=list, help_text="why it went to the home team: reasons as texts")

    value_per_week = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    askers_count = models.PositiveIntegerField(default=1)
    wanted_by = models.DateField(null=True)
    can_send_away = models.BooleanField(default=True)
    away_impossible = models.TextField(blank=True, help_text="why the asker can't send an away team")

    lost_refusal_at = models.DateTimeField(null=True)
    away_refused = models.BooleanField(default=False)
    away_tried_at = models.DateTimeField(null=True)
    upheld_at = models.DateTimeField(null=True)
    fixed_home = models.BooleanField(default=False)
    decline_reason = models.CharField(max_length=30, choices=REASONS, blank=True)
    moves = models.PositiveIntegerField(default=0)
    rounds = models.PositiveIntegerField(default=0)

    item = models.ForeignKey("roadmaps.Item", null=True, on_delete=models.SET_NULL, related_name="+")
    expected_from = models.DateField(null=True, help_text="finished by then with even odds")
    expected_until = models.DateField(null=True, help_text="the promised end")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")

    external_key = models.CharField(max_length=300, null=True, unique=True)
    external_url = models.CharField(max_length=2000, blank=True)
    source = models.ForeignKey("sources.Source", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    entered_at = models.DateTimeField(help_text="since when it is in this state")
    decided_at = models.DateTimeField(null=True, help_text="when the home team first answered")
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FINAL_VALUES, closed_at__isnull=False)
                | (~Q(state__in=FINAL_VALUES) & Q(closed_at__isnull=True)),
                name="request_closed_when_final",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=FINAL_VALUES)
                | Q(turn_person__isnull=True, turn_team__isnull=True, clock__isnull=True),
                name="request_final_has_no_turn",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINAL_VALUES) | Q(turn_team__isnull=False),
                name="request_open_has_a_turn",
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED.value, merged_into__isnull=False)
                | (~Q(state=State.MERGED.value) & Q(merged_into__isnull=True)),
                name="request_merged_into_one",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("pk")), name="request_not_into_itself"
            ),
            models.CheckConstraint(
                condition=Q(state=State.OFFERED.value, offered_team__isnull=False)
                | (~Q(state=State.OFFERED.value) & Q(offered_team__isnull=True)),
                name="request_offered_to_one",
            ),
            models.CheckConstraint(condition=Q(value_per_week__gte=0), name="request_value_not_negative"),
        ]
        # counts are answered from an index alone: where it has the column of its condition (SQLite) and the id
        indexes = [
            models.Index(
                fields=["home_team", "-value_per_week", "id", "closed_at"],
                name="request_queue",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(
                fields=["turn_person", "due_at", "id"], name="request_turn", condition=Q(turn_person__isnull=False)
            ),
            models.Index(
                fields=["turn_team", "due_at", "id"], name="request_turn_team", condition=Q(turn_team__isnull=False)
            ),
            models.Index(fields=["-value_per_week", "-id"], name="request_value", condition=Q(closed_at__isnull=True)),
            models.Index(
                fields=["state", "-value_per_week", "-id"], name="request_board", condition=Q(closed_at__isnull=True)
            ),
            models.Index(
                fields=["turn_team", "closed_at", "id"], name="request_turns", condition=Q(closed_at__isnull=True)
            ),
            models.Index(fields=["kind", "closed_at", "id"], name="request_kind", condition=Q(closed_at__isnull=True)),
            models.Index(fields=["kind", "state", "id"], name="request_kind_state"),
            models.Index(fields=["state", "due_at"], name="request_state"),
            models.Index(fields=["home_team", "state", "id"], name="request_home_state"),
            models.Index(fields=["created_at", "id"], name="request_created"),
            models.Index(fields=["changed_at", "id"], name="request_changed"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"


class Asker(models.Model):
    """One team that asks, with the person who speaks for it and what delay costs it.

    `value_per_week` is points of the organisation's own unit for each week of delay; `grounds` says where the figure
    comes from. `left_at`: the team needs it no more. A merge moves the row; `came_from` is the request it came from.
    """

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="askers")
    team = models.ForeignKey("organisation.Team", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("organisation.Person", on_delete=models.PROTECT, related_name="+")
    value_per_week = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    grounds = models.TextField(blank=True)
    customer_value = models.TextField(blank=True, help_text="what customers get from it, and which")
    goal = models.ForeignKey("roadmaps.Goal", null=True, on_delete=models.SET_NULL, related_name="+")
    wanted_by = models.DateField(null=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    came_from = models.ForeignKey(Request, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(value_per_week__gte=0), name="asker_value_not_negative"),
        ]
        indexes = [
            models.Index(fields=["request", "team", "left_at"], name="asker_here", condition=Q(left_at__isnull=True)),
            models.Index(fields=["team", "request"], name="asker_team"),
            models.Index(fields=["person", "request"], name="asker_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} for {self.team_id}"


class Step(models.Model):
    """One transition of a request: what insights count. `minutes` is working time spent in the state before.

    `on_time` is whether that state's clock still ran; None where it had none. `team` is the side that acted.
    """

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    verb = models.CharField(max_length=20)
    source = models.CharField(max_length=20, blank=True)
    target = models.CharField(max_length=20)
    party = models.CharField(max_length=40)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    team = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    home_team = models.ForeignKey("organisation.Team", on_delete=models.CASCADE, related_name="+")
    reason_code = models.CharField(max_length=30, blank=True)
    words = models.TextField(blank=True)
    minutes = models.PositiveIntegerField(default=0)
    on_time = models.BooleanField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["verb", "at"], name="step_verb"),
            models.Index(fields=["home_team", "at"], name="step_home"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.request_id}"


class Escalation(models.Model):
    """A refusal or silence that a manager decides. `brief` is what they had before them, frozen with its hash.

    `unit` is whose manager decides; it passes up when the clock runs out. `displaced` names what moved or was dropped.
    """

    class Outcome(models.TextChoices):
        RESHUFFLED = "reshuffled"
        AWAY = "away"
        UPHELD = "upheld"
        WITHDRAWN = "withdrawn"
        SILENT = "silent"

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="escalations")
    unit = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    manager = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    why = models.TextField()
    brief = models.JSONField(default=dict)
    brief_sha256 = models.CharField(max_length=64, blank=True)
    passed_up = models.PositiveIntegerField(default=0)
    decided_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    words = models.TextField(blank=True)
    displaced = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request"], condition=Q(decided_at__isnull=True), name="escalation_open_once"
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, outcome="") | (Q(decided_at__isnull=False) & ~Q(outcome="")),
                name="escalation_decided_with_outcome",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="escalation_opened")]

    def __str__(self) -> str:
        return f"escalation of {self.request_id}"


class ManagementTime(models.Model):
    """Minutes that somebody spent on an escalation or an arbitration: the scarce thing, so it is counted."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="management_time")
    escalation = models.ForeignKey(Escalation, null=True, on_delete=models.CASCADE, related_name="management_time")
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    minutes = models.PositiveIntegerField()
    at = models.DateTimeField()
    noted_by = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(minutes__gte=1), name="management_time_counts")]

    def __str__(self) -> str:
        return f"{self.minutes} min on {self.request_id}"


__all__ = [
    "REASONS",
    "STATES",
    "Asker",
    "Clue",
    "Escalation",
    "FileKey",
    "FileRule",
    "Kind",
    "ManagementTime",
    "OperationKey",
    "Request",
    "RequestTerm",
    "RoutedEntity",
    "RoutedRepository",
    "RoutingState",
    "Step",
]
