"""What the pages of requests ask for: a form for each thing that can be done with one."""

from typing import Any

from awayteam.requests.forms import asking, home, managing
from awayteam.requests.forms.base import VerbForm
from awayteam.requests.machine import Verb
from awayteam.requests.queries.story import Story

FORMS: dict[str, type[VerbForm]] = {
    Verb.ACCEPT.value: home.Accept,
    Verb.ANSWER.value: asking.Answer,
    Verb.ASK_BACK.value: home.AskBack,
    Verb.ASSIGN.value: managing.Assign,
    Verb.CONFIRM.value: asking.Confirm,
    Verb.DECLINE.value: home.Decline,
    Verb.DELIVER.value: home.Deliver,
    Verb.DISPUTE.value: asking.Dispute,
    Verb.DUPLICATE.value: asking.Duplicate,
    Verb.ESCALATE.value: asking.Escalate,
    Verb.FINISH_AWAY.value: asking.FinishAway,
    Verb.GIVE_UP.value: home.GiveUp,
    Verb.MERGE.value: home.Merge,
    Verb.MOVE.value: home.Move,
    Verb.POSTPONE.value: home.Postpone,
    Verb.RESHUFFLE.value: managing.Reshuffle,
    Verb.RULE_AWAY.value: managing.RuleAway,
    Verb.SEND_AWAY.value: asking.SendAway,
    Verb.SEND_BACK.value: home.SendBack,
    Verb.STOP_AWAY.value: asking.StopAway,
    Verb.TAKE_OVER.value: home.TakeOver,
    Verb.UPHOLD.value: managing.Uphold,
    Verb.WAIT.value: asking.Wait,
    Verb.WELCOME.value: home.Welcome,
    Verb.WITHDRAW.value: asking.Withdraw,
    "join": asking.Join,
    "note-time": managing.NoteTime,
    "reassign": home.Reassign,
    "revise": asking.Revise,
}
"""The form of everything that `queries.story(...).options` names."""


def form_for(verb: str, story: Story, data: Any = None) -> VerbForm:
    """The form of a verb for this request as it is now; raises `KeyError` for an unknown verb."""
    initial = {"version": story.request.version, "seen": story.request.changed_at.isoformat()}
    return FORMS[verb](data, story=story, initial=initial, auto_id=f"{verb}_%s")
