"""Forms of rounds and hours: each runs one action."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms

from awayteam.engagements.models import BaselineItem, Engagement, Standard
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError, Conflict, NotFound, NotSignedIn
from awayteam.kernel.pages import PageForm, Result
from awayteam.rounds import actions
from awayteam.rounds.machine import Verb
from awayteam.rounds.queries import Story
from awayteam.rounds.rules import Point

POINTS, MOST_POINTS = 3, 20
ADVISE = "advise"


def words_field(help_text: str, *, required: bool = True, label: str = "Words", rows: int = 2) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(max_length=20_000, required=required, label=label, help_text=help_text, widget=widget)


def minutes_field() -> forms.IntegerField:
    help_text = "Your time for this review, booked on the pledge. Empty: book it yourself later."
    return forms.IntegerField(min_value=0, max_value=1440, required=False, label="Minutes to book", help_text=help_text)


class OpenForm(PageForm):
    """Something is shown for review."""

    kind = forms.ChoiceField(
        choices=[("change", "A change"), ("design", "A design, before the code")],
        help_text="A design is signed by the home team's decider of record.",
    )
    title = forms.CharField(max_length=200, help_text="What is shown, in a line.")
    words = words_field("What to look at, and how you tested it. Markdown.", required=False, label="Notes", rows=4)
    url = forms.URLField(
        max_length=1000, required=False, label="Address", assume_scheme="https",
        help_text="Of the pull request or document; kept as text.",
    )  # fmt: skip
    commit = forms.CharField(max_length=64, required=False, help_text="The commit that is meant.")


class VerbForm(PageForm):
    """`version` is the state that its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    act: ClassVar[Callable[..., Any]]

    def __init__(self, *arguments: Any, story: Story, **more: Any) -> None:
        self.story = story
        super().__init__(*arguments, **more)
        self.prepare()

    def prepare(self) -> None:
        """Fields that depend on the round."""

    def attempt(self, action: Callable[[], Result]) -> Result | None:
        """As of every form, but a `Conflict` is for the page to explain."""
        try:
            return action()
        except (Conflict, NotFound, NotSignedIn):
            raise
        except AwayteamError as error:
            self.refuse(error)
            return None

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def run(self, actor: Actor, now: datetime) -> Any:
        """Do it; what the action refuses is raised."""
        version = self.cleaned_data["version"]
        return type(self).act(self.story.round.pk, actor=actor, now=now, version=version, **self.values())


class ApproveForm(VerbForm):
    words = words_field("Stands in the story.", required=False)
    minutes = minutes_field()
    act = staticmethod(actions.approve)

    def values(self) -> dict[str, Any]:
        return {"words": self.cleaned_data["words"], "minutes": self.cleaned_data["minutes"] or 0}


class SayForm(VerbForm):
    words = words_field("Stands in the story for everybody to read.")


class WithdrawForm(SayForm):
    act = staticmethod(actions.withdraw)


class RefuseForm(SayForm):
    act = staticmethod(actions.refuse)


class GrantForm(SayForm):
    days = forms.IntegerField(
        min_value=1, max_value=260, help_text="Working days that it takes; the time-box grows by them."
    )
    act = staticmethod(actions.grant)


class ResubmitForm(VerbForm):
    words = words_field("How the points were answered.", label="What changed", rows=3)
    url = forms.URLField(max_length=1000, required=False, label="Address", assume_scheme="https",
                         help_text="Empty: as before.")  # fmt: skip
    commit = forms.CharField(max_length=64, required=False, help_text="Empty: as before.")
    act = staticmethod(actions.resubmit)


class PointsForm(VerbForm):
    """Points of a reviewer, numbered from 1; empty ones are left out."""

    kind: ClassVar[str]
    cited: ClassVar[bool] = False
    number: ClassVar[int] = 1

    def prepare(self) -> None:
        self.places = range(1, self._number() + 1)
        for place in self.places:
            self._add(place)

    def _number(self) -> int:
        if self.number == 1:
            return 1
        asked = str(self.data.get("points", "") if self.is_bound else self.initial.get("points", ""))
        return min(max(int(asked), POINTS), MOST_POINTS) if asked.isascii() and asked.isdecimal() else POINTS

    def _add(self, place: int) -> None:
        first = place == 1
        self.fields[f"words_{place}"] = words_field("", required=first, label=self.asks)
        if self.cited:
            self._add_citation(place)
        self.fields[f"path_{place}"] = forms.CharField(max_length=1000, required=False, label="In the file")
        self.fields[f"line_{place}"] = forms.IntegerField(min_value=1, required=False, label="At its line")

    asks: ClassVar[str] = "What"

    def _add_citation(self, place: int) -> None:
        choices = self._choices()
        self.fields[f"cites_{place}"] = forms.ChoiceField(choices=choices, required=False, label="It breaks")
        self.fields[f"section_{place}"] = forms.CharField(
            max_length=300, required=False, label="Section", help_text="A heading of the document, as it stands there."
        )
        self.fields[f"standard_line_{place}"] = forms.IntegerField(min_value=1, required=False, label="Line of it")
        self.fields[f"check_{place}"] = forms.CharField(
            max_length=500, required=False, label="Check that is red now", help_text="Its name, as the build says it."
        )
        self.fields[f"figure_{place}"] = forms.DecimalField(
            max_digits=9,
            decimal_places=3,
            required=False,
            label="Figure of now",
            help_text="With a figure of the baseline.",
        )

    def _choices(self) -> list[Any]:
        if not hasattr(self, "_cached"):
            visit = self.story.round.engagement
            documents = Standard.objects.filter(engagement=visit).order_by("pk").values_list("pk", "title", "path")
            rows = BaselineItem.objects.filter(engagement=visit, kind="coverage").order_by("key")
            figures = rows.values_list("pk", "key", "value")
            self._cached: list[Any] = [
                ("", "Nothing: it is advice"),
                ("Standards", [(f"s{pk}", f"{name} ({path})" if path else name) for pk, name, path in documents]),
                ("Baseline", [*((f"b{pk}", f"{key}, was {value.normalize():f}") for pk, key, value in figures if value),
                              ("check", "A check that was green")]),
            ]  # fmt: skip
        return self._cached

    def groups(self) -> list[tuple[int, list[Any]]]:
        """The bound fields of each point, for the template."""
        return [(place, [self[name] for name in self.fields if name.endswith(f"_{place}")]) for place in self.places]

    def plain(self) -> list[Any]:
        """The bound fields that belong to no point."""
        own = {name for place in self.places for name in self.fields if name.endswith(f"_{place}")}
        return [self[name] for name in self.fields if name not in own]

    def refuse(self, error: AwayteamError) -> None:
        """Errors of the n-th point stand beside its fields."""
        given = [place for place in self.places if self.cleaned_data.get(f"words_{place}")]
        for name, text in error.fields.items():
            field = self._field(name, given)
            if field in self.fields:
                self.add_error(field, text)
            else:
                self.add_error(None, f"{text[:1].upper()}{text[1:]}.")

    def _field(self, name: str, given: list[int]) -> str:
        parts = name.split(".")
        if len(parts) == 3 and parts[1].isdecimal():
            return f"{parts[2]}_{given[int(parts[1]) - 1]}"
        alone = f"{name}_{given[0]}" if given else name
        return alone if alone in self.fields else f"cites_{given[0]}" if name == "standard" and given else name

    def point(self, place: int) -> Point:
        said = self.cleaned_data

        def get(name: str) -> Any:
            return said.get(f"{name}_{place}")

        cites = str(get("cites") or "")
        return Point(
            kind="advice" if self.kind == "change" and not cites else self.kind, words=get("words") or "",
            standard=int(cites[1:]) if cites.startswith("s") else None, section=get("section") or "",
            standard_line=get("standard_line"), baseline=int(cites[1:]) if cites.startswith("b") else None,
            figure=get("figure"), check=(get("check") or "") if cites in ("check", "") else "",
            path=get("path") or "", line=get("line"),
        )  # fmt: skip

    def values(self) -> dict[str, Any]:
        given = [place for place in self.places if self.cleaned_data.get(f"words_{place}")]
        found: dict[str, Any] = {"points": [self.point(place) for place in given]}
        if "words" in self.fields:
            found["words"] = self.cleaned_data["words"]
        if "minutes" in self.fields:
            found["minutes"] = self.cleaned_data["minutes"] or 0
        return found


class RequestChangesForm(PointsForm):
    kind, cited, number, asks = "change", True, POINTS, "What must change"
    words = words_field("Over all, if there is more to say.", required=False)
    minutes = minutes_field()
    act = staticmethod(actions.request_changes)


class DemandForm(PointsForm):
    kind, asks = "demand", "What you demand, and why the frozen standards don't say it"
    minutes = minutes_field()
    act = staticmethod(actions.demand)


class AdviseForm(PointsForm):
    kind, asks = "advice", "Your advice"
    act = staticmethod(actions.advise)


FORMS: dict[str, type[VerbForm]] = {
    Verb.APPROVE: ApproveForm,
    Verb.REQUEST_CHANGES: RequestChangesForm,
    Verb.DEMAND: DemandForm,
    Verb.RESUBMIT: ResubmitForm,
    Verb.GRANT: GrantForm,
    Verb.REFUSE: RefuseForm,
    Verb.WITHDRAW: WithdrawForm,
    ADVISE: AdviseForm,
}


def form_for(verb: str, story: Story, data: Any = None, points: str = "") -> VerbForm:
    """The form of a verb, for the round as its reader sees it."""
    initial = {"version": story.round.version, "points": points}
    return FORMS[verb](data, story=story, initial=initial, auto_id=f"{verb}_%s")


class BookForm(PageForm):
    """Time that somebody of the home team gave."""

    minutes = forms.IntegerField(min_value=1, max_value=1440)
    what = forms.CharField(max_length=300, label="For what")
    on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), label="On")

    def run(self, engagement: Engagement, actor: Actor, now: datetime) -> Any:
        day: date = self.cleaned_data["on"]
        return actions.book(
            engagement,
            actor=actor,
            now=now,
            minutes=self.cleaned_data["minutes"],
            what=self.cleaned_data["what"],
            on=day,
        )
