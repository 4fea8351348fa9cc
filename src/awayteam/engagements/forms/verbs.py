"""A form for each verb that changes an engagement's state; signing has a page of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from awayteam.engagements import actions, ways
from awayteam.engagements.forms.base import ActForm
from awayteam.engagements.machine import Verb
from awayteam.engagements.queries.story import Story
from awayteam.engagements.rules import END_WORDS
from awayteam.kernel.actor import Actor
from awayteam.requests.forms.fields import day_field, words_field


class VerbForm(ActForm):
    """`version` is the state that its reader saw; `seen` when that was, so that a conflict can show what changed."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    act: ClassVar[Callable[..., Any]]
    verb: ClassVar[str]

    def __init__(self, *arguments: Any, story: Story, **more: Any) -> None:
        self.story = story
        super().__init__(*arguments, **more)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in ("version", "seen")}

    def run(self, actor: Actor, now: datetime) -> Any:
        """Do it; what the action refuses is raised."""
        pk = self.story.engagement.pk
        act = ways.of(self.verb, type(self).act)
        return act(pk, actor=actor, now=now, version=self.cleaned_data["version"], **self.values())


class EndForm(VerbForm):
    """Verbs that end an engagement: a reason of the list, and words."""

    reason = forms.ChoiceField(choices=[(one.value, text) for one, text in END_WORDS.items()])
    words = words_field(label="In your words")


class Close(VerbForm):
    verb = Verb.CLOSE.value
    act = staticmethod(actions.close)
    words = words_field("Defects go to the home team from then on.", label="Why it can end early")


class Decline(EndForm):
    verb = Verb.DECLINE.value
    act = staticmethod(actions.decline)


class Deploy(VerbForm):
    verb = Verb.DEPLOY.value
    act = staticmethod(actions.deploy)
    words = words_field("Where to see it. The warranty runs from now.", required=False)


class HandOver(VerbForm):
    verb = Verb.HAND_OVER.value
    act = staticmethod(actions.hand_over)
    words = words_field("What is done, and where to see it.", required=False)


class Pause(VerbForm):
    verb = Verb.PAUSE.value
    act = staticmethod(actions.pause)
    until = day_field("On that day work goes on; the time-box grows by its working days.", required=True)
    words = words_field("Access rests too.", label="Why it rests")


class Resume(VerbForm):
    verb = Verb.RESUME.value
    act = staticmethod(actions.resume)
    words = words_field(required=False)


class Revise(VerbForm):
    verb = Verb.REVISE.value
    act = staticmethod(actions.revise)
    words = words_field("The signature that it carries is void then.", label="Why it changes")


class Start(VerbForm):
    verb = Verb.START.value
    act = staticmethod(actions.start)
    words = words_field("Access begins at once.", required=False)


class Withdraw(EndForm):
    verb = Verb.WITHDRAW.value
    act = staticmethod(actions.withdraw)


class WorkOn(VerbForm):
    verb = Verb.WORK_ON.value
    act = staticmethod(actions.work_on)
    words = words_field(label="What is still missing")


KINDS: tuple[type[VerbForm], ...] = (
    Close, Decline, Deploy, HandOver, Pause, Resume, Revise, Start, Withdraw, WorkOn,
)  # fmt: skip
FORMS: dict[str, type[VerbForm]] = {kind.verb: kind for kind in KINDS}
"""The form of each verb that has one; proposing and signing are done on the page that shows the text."""


def form_for(verb: str, story: Story, data: Any = None) -> VerbForm:
    """The form of a verb for this engagement as it is now; raises `KeyError` for an unknown verb."""
    initial = {"version": story.engagement.version, "seen": story.engagement.changed_at.isoformat()}
    return FORMS[verb](data, story=story, initial=initial, auto_id=f"{verb}_%s")
