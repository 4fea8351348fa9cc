"""What only a manager decides, and the time that it took."""

from datetime import datetime
from typing import Any

from django import forms

from awayteam.kernel.actor import Actor
from awayteam.requests import actions
from awayteam.requests.actions import Change
from awayteam.requests.forms.base import PlanForm, SayForm, VerbForm
from awayteam.requests.forms.fields import TeamField, minutes_field, words_field


class Assign(VerbForm):
    act = staticmethod(actions.assign)
    to = TeamField(label="Which team answers")
    words = words_field(label="Why")
    minutes_spent = minutes_field()


class NoteTime(VerbForm):
    minutes = forms.IntegerField(min_value=1, max_value=10_000, help_text="Of your own time, on this request.")

    def run(self, actor: Actor, now: datetime) -> Any:
        return actions.add_management_time(
            self.story.request.pk, actor=actor, now=now, minutes=self.cleaned_data["minutes"]
        )


class Reshuffle(PlanForm):
    act = staticmethod(actions.reshuffle)
    moves = forms.CharField(
        required=False,
        max_length=2_000,
        label="What gives way",
        help_text="Items by number with their new rank, or drop: 41 to 7, 52 drop. The brief lists them.",
    )
    words = words_field(label="Why this goes first")
    minutes_spent = minutes_field()
    field_order = [
        "version",
        "seen",
        "effort_low",
        "effort_likely",
        "effort_high",
        "rank",
        "promised",
        "moves",
        "words",
    ]

    def clean_moves(self) -> list[Change]:
        return [_change(part) for part in str(self.cleaned_data["moves"]).replace(";", ",").split(",") if part.strip()]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "plan": self.plan(),
            "changes": given["moves"],
            "words": given["words"],
            "minutes_spent": given["minutes_spent"],
        }


def _change(text: str) -> Change:
    """ "41 to 7" or "52 drop"; raises `ValidationError`."""
    parts = text.replace("#", " ").split()
    numbers = [int(part) for part in parts if part.isascii() and part.isdecimal() and len(part) < 10]
    if len(parts) == 2 and parts[1].lower() == "drop" and len(numbers) == 1:
        return Change(numbers[0], None)
    if len(parts) == 3 and parts[1].lower() == "to" and len(numbers) == 2:
        return Change(numbers[0], numbers[1])
    raise forms.ValidationError(f"{text.strip()[:60]!r} is neither “41 to 7” nor “52 drop”.")


class RuleAway(SayForm):
    act = staticmethod(actions.rule_away)
    minutes_spent = minutes_field()


class Uphold(SayForm):
    act = staticmethod(actions.uphold)
    words = words_field("It can't be escalated again.", label="Why the refusal stands")
    minutes_spent = minutes_field()
