"""The columns that every story has, and every step of one."""

from collections.abc import Collection

from django.db import models
from django.db.models import Q


class Story(models.Model):
    """Something with a life: `state` is one of its machine's, `turn_person` or `turn_team` act next, `clock` runs.

    `due_at` is a copy of the clock's end, for lists. `entered_at`: since when it is in this state. `closed_at` is set
    in final states and nowhere else. `version` counts changes, for optimistic locking.
    """

    turn_person_id: int | None
    turn_team_id: int | None
    clock_id: int | None

    state = models.CharField(max_length=24)
    turn_person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    turn_team = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    clock = models.ForeignKey("kernel.Clock", null=True, on_delete=models.SET_NULL, related_name="+")
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class StoryStep(models.Model):
    """One transition. Its class adds `story`, the foreign key to the model, with `related_name="steps"`.

    `minutes` is working time spent in the state before, by the clock's calendar; `on_time` is whether that state's
    clock still ran, None where it had none. `team` is the side that acted.
    """

    at = models.DateTimeField()
    verb = models.CharField(max_length=24)
    source = models.CharField(max_length=24, blank=True)
    target = models.CharField(max_length=24)
    party = models.CharField(max_length=60)
    person = models.ForeignKey("organisation.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    label = models.CharField(max_length=200)
    team = models.ForeignKey("organisation.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    reason_code = models.CharField(max_length=40, blank=True)
    words = models.TextField(blank=True)
    minutes = models.PositiveIntegerField(default=0)
    on_time = models.BooleanField(null=True)

    class Meta:
        abstract = True


def constraints(name: str, final: Collection[str]) -> list[models.BaseConstraint]:
    """What the database keeps of every story: closed exactly where its state is `final`, and then nobody's turn."""
    ended = Q(state__in=sorted(final))
    return [
        models.CheckConstraint(
            condition=(ended & Q(closed_at__isnull=False)) | (~ended & Q(closed_at__isnull=True)),
            name=f"{name}_closed_when_final",
        ),
        models.CheckConstraint(
            condition=~ended | Q(turn_person__isnull=True, turn_team__isnull=True, clock__isnull=True),
            name=f"{name}_final_has_no_turn",
        ),
    ]


def indexes(name: str) -> list[models.Index]:
    """What lists of turns and boards read."""
    return [
        models.Index(fields=["turn_person", "due_at"], name=f"{name}_turn", condition=Q(turn_person__isnull=False)),
        models.Index(fields=["turn_team", "due_at"], name=f"{name}_turn_team", condition=Q(turn_team__isnull=False)),
        models.Index(fields=["state", "due_at"], name=f"{name}_state"),
    ]
