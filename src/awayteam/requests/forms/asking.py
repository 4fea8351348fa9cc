"""What those who ask say."""

from typing import Any

from django import forms

from awayteam.organisation.models import Team
from awayteam.requests import actions
from awayteam.requests.forms.base import (
    GROUNDS,
    MaySayForm,
    SayForm,
    VerbForm,
    ask_which_goal,
    ask_which_team,
    set_choices,
    team_of_key,
    worth_of,
)
from awayteam.requests.forms.fields import day_field, points_field, team_choices, words_field
from awayteam.requests.queries.next import joining_teams


class Answer(SayForm):
    act = staticmethod(actions.answer)
    words = words_field("What the home team asked for.", label="Your answer", rows=4)


class Confirm(MaySayForm):
    act = staticmethod(actions.confirm)


class Dispute(SayForm):
    act = staticmethod(actions.dispute)
    words = words_field("What is missing, measured at what was asked.", label="What isn't as asked")


class Duplicate(VerbForm):
    act = staticmethod(actions.duplicate)
    what = words_field("What you build yourselves.", label="What you build")
    words = words_field("Two are better than none; it is registered, and the home team is told.", label="Why")
    look_again_on = day_field("Then both teams look at it again. Empty: what the rulebook says.", label="Look again on")
    team = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="Which team builds")

    def prepare(self) -> None:
        ask_which_team(self)

    def values(self) -> dict[str, Any]:
        return super().values() | {"team": team_of_key(self.cleaned_data.get("team"))}


class Escalate(SayForm):
    act = staticmethod(actions.escalate)
    words = words_field(
        "Management time is scarce: say what only a manager can decide.", label="Why a manager must decide", rows=3
    )


class FinishAway(MaySayForm):
    act = staticmethod(actions.finish_away)


class Join(VerbForm):
    act = staticmethod(actions.join)
    team = forms.TypedChoiceField(coerce=int, label="In the name of")
    value_per_week = points_field("What a week of delay costs your team.")
    grounds = words_field(GROUNDS, required=False, label="Grounds")
    customer_value = words_field("What customers get from it, and which.", required=False, label="For whom")
    goal = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="It serves our goal")
    wanted_by = day_field("If there is a date.", label="Wanted by")

    def prepare(self) -> None:
        teams = Team.objects.filter(pk__in=joining_teams(self.story.standing)).order_by("name")
        set_choices(self, "team", team_choices(teams))
        ask_which_goal(self, self.story.standing.actor)

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"team": team_of_key(given["team"]), "worth": worth_of(given)}


class Revise(VerbForm):
    act = staticmethod(actions.revise)
    title = forms.CharField(max_length=200)
    need = words_field("What is missing, and how you would see that it is there.", label="Need", rows=6)
    value_per_week = points_field("What a week of delay costs your team.")
    grounds = words_field(GROUNDS, required=False, label="Grounds")
    customer_value = words_field("What customers get from it, and which.", required=False, label="For whom")
    goal = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="It serves our goal")
    wanted_by = day_field("If there is a date.", label="Wanted by")
    reason = words_field(label="Why it changes")

    def prepare(self) -> None:
        actor, row = self.story.standing.actor, self.story.row
        mine = actor.leads | actor.decides | actor.manages
        own = [one for one in self.story.askers if one.person.id == actor.person_id or one.team.id in mine]
        self.own = next((one for one in own if one.person.id == actor.person_id), own[0] if own else None)
        ask_which_goal(self, actor)
        self.initial.update(title=row.title, need=self.story.request.need)
        if self.own is None:
            for name in ("value_per_week", "grounds", "customer_value", "goal", "wanted_by"):
                self.fields.pop(name, None)
        else:
            for name in ("value_per_week", "grounds", "customer_value", "wanted_by"):
                self.initial[name] = getattr(self.own, name)
            self.initial["goal"] = self.own.goal_id

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        found = {name: given[name] for name in ("title", "need", "reason")}
        if self.own is None:
            return found
        return found | {"worth": worth_of(given), "team": team_of_key(self.own.team.id)}


class SendAway(VerbForm):
    act = staticmethod(actions.send_away)
    words = words_field("Who comes, and how they will work.", label="What your away team does")
    until = day_field("Empty: the time that the rulebook gives.", label="Done by")


class StopAway(SayForm):
    act = staticmethod(actions.stop_away)
    words = words_field("It counts as tried: you may escalate then.", label="Why it didn't work")


class Wait(MaySayForm):
    act = staticmethod(actions.wait)


class Withdraw(VerbForm):
    act = staticmethod(actions.withdraw)
    words = words_field(label="Why you need it no more")
    team = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, label="Which team leaves")

    def prepare(self) -> None:
        ask_which_team(self)

    def values(self) -> dict[str, Any]:
        return {"words": self.cleaned_data["words"], "team": team_of_key(self.cleaned_data.get("team"))}
