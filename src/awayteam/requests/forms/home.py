"""What the home team, or the one that a request was offered to, says."""

from typing import Any

from django import forms

from awayteam.organisation.models import Person
from awayteam.requests import actions
from awayteam.requests.forms.base import MaySayForm, PlanForm, SayForm, VerbForm, set_choices
from awayteam.requests.forms.fields import TeamField, day_field, words_field
from awayteam.requests.rules import REASON_WORDS, DeclineReason


class Accept(PlanForm):
    act = staticmethod(actions.accept)

    def values(self) -> dict[str, Any]:
        return {"plan": self.plan(), "words": self.cleaned_data["words"]}


class AskBack(SayForm):
    act = staticmethod(actions.ask_back)
    words = words_field("Your clock stands still until they answer.", label="What must you know?")


class Decline(VerbForm):
    act = staticmethod(actions.decline)
    reason = forms.ChoiceField(choices=[(one.value, text) for one, text in REASON_WORDS.items()])
    words = words_field(label="In your words")
    refuse_away = forms.BooleanField(
        required=False,
        label="Refuse an away team as well",
        help_text="Only with a reason that holds for anybody's change, and before the clock runs out.",
    )

    def prepare(self) -> None:
        if self.story.row.lost_refusal:
            del self.fields["refuse_away"]
        if not self.is_bound:
            self.initial.setdefault("reason", DeclineReason.NO_ROOM.value)


class Deliver(MaySayForm):
    act = staticmethod(actions.deliver)
    words = words_field("Where to see it; the askers confirm.", required=False)


class GiveUp(SayForm):
    act = staticmethod(actions.give_up)
    words = words_field("An away team can't be refused from then on.", label="Why the promise can't be kept")


class Merge(VerbForm):
    act = staticmethod(actions.merge)
    into = forms.CharField(
        max_length=20, label="Into request", help_text="Its number, such as #17. Askers and values go there."
    )
    words = words_field(label="Why they are equal")

    def clean_into(self) -> int:
        text = str(self.cleaned_data["into"]).strip().removeprefix("#")
        if not (text.isascii() and text.isdecimal()):
            raise forms.ValidationError("The number of a request, such as #17.")
        return int(text)


class Move(VerbForm):
    act = staticmethod(actions.move)
    to = TeamField(label="To which team")
    words = words_field("That team must take it; until then it stays yours.", label="Why it is theirs")


class Postpone(VerbForm):
    act = staticmethod(actions.postpone)
    until = day_field("Later than what was promised.", required=True, label="Promise it for")
    words = words_field(label="Why it takes longer")


class Reassign(VerbForm):
    act = staticmethod(actions.reassign)
    person = forms.TypedChoiceField(coerce=int, label="Who decides")
    words = words_field()

    def prepare(self) -> None:
        standing = self.story.standing
        chosen = standing.offered if self.story.row.offered else standing.home
        others = [pk for pk in chosen.persons if pk != self.story.request.turn_person_id]
        people = Person.objects.filter(pk__in=others).order_by("name")
        set_choices(self, "person", [(str(person.pk), str(person)) for person in people])

    def values(self) -> dict[str, Any]:
        return super().values() | {"person": Person.objects.get(pk=self.cleaned_data["person"])}


class SendBack(SayForm):
    act = staticmethod(actions.send_back)
    words = words_field("It goes back, or after too many moves to a manager.", label="Why it isn't yours either")


class TakeOver(MaySayForm):
    act = staticmethod(actions.take_over)


class Welcome(MaySayForm):
    act = staticmethod(actions.welcome)
    words = words_field("Whom to talk to, and what to look out for.", required=False)
