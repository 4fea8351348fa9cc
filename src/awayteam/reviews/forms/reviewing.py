"""Forms of a review: asking for one, its document, and what is done with it."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from awayteam.catalog.models import Entity
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.events import Subject
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Person, Team
from awayteam.reviews.actions import Said, Wanted
from awayteam.reviews.actions.checking import fields, questions
from awayteam.reviews.actions.delivering import words_for
from awayteam.reviews.forms.fields import (
    day_field,
    lines_of,
    links_of,
    person_named,
    team_named,
    teams_named,
    text_field,
    thing_named,
)
from awayteam.reviews.models import Recommendation, Review
from awayteam.reviews.queries.facts import needed_for
from awayteam.reviews.triggers import plain


class AskForm(PageForm):
    """Ask for a review; `about` names the subject it came from, None where it stands for itself."""

    field = forms.ChoiceField(label="Field")
    title = forms.CharField(max_length=200, label="What is decided", help_text="A few words; the title of the review.")
    question = text_field("The question", 5, help_text="What should the bar raiser look at? Markdown, with links.")
    team = forms.CharField(max_length=300, label="Deciding team", help_text="By name or reference.")
    decider = forms.CharField(max_length=300, label="Who decides", help_text="Follows or overrides the recommendation.")
    teams = forms.CharField(
        max_length=2000, required=False, label="Other teams involved", help_text="With commas between. The bar raiser "
        "comes from none of them.",
    )  # fmt: skip
    entity = forms.CharField(max_length=300, required=False, label="Service", help_text="By name or reference.")

    def __init__(self, actor: Actor, *args: Any, about: tuple[Subject, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.about = actor, about
        self.fields["field"].choices = list(fields().items())  # type: ignore[attr-defined]

    def clean_team(self) -> Team:
        return team_named(self.actor, str(self.cleaned_data["team"]))

    def clean_decider(self) -> Person:
        return person_named(self.actor, str(self.cleaned_data["decider"]))

    def clean_teams(self) -> list[Team]:
        return teams_named(self.actor, str(self.cleaned_data["teams"]))

    def clean_entity(self) -> Entity | None:
        return thing_named(self.actor, str(self.cleaned_data["entity"]))

    def wanted(self) -> Wanted:
        given = dict(self.cleaned_data)
        entity, subject, address = given.pop("entity"), None, ""
        if self.about is not None:
            subject, address = self.about
        needed = needed_for(entity).needed if entity is not None else ()
        because = [plain(one.because) for one in needed if one.field == given["field"]]
        return Wanted(**given, entity=entity, subject=subject, address=address, because=because[0] if because else ())


class DocumentForm(PageForm):
    """The document of a review: an answer to each question, evidence, conditions, a recommendation."""

    def __init__(self, review: Review, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions(review.field)
        draft = review.draft
        answers = draft.get("answers", {})
        for number, question in enumerate(self.questions, 1):
            name = f"answer_{number}"
            self.fields[name] = text_field(question, 4, required=False)
            self.fields[name].initial = answers.get(question, "")
        self.fields["summary"] = text_field("In short", 3, required=False, help_text="What the decider reads first.")
        self.fields["recommendation"] = forms.ChoiceField(
            label="Recommendation", required=False,
            choices=[("", "Not yet"), *((one, words_for(one).capitalize()) for one in Recommendation.values)],
        )  # fmt: skip
        self.fields["conditions"] = text_field(
            "Conditions", 3, required=False, help_text="One a line; only with a recommendation under conditions."
        )
        self.fields["evidence"] = text_field(
            "Evidence", 3, required=False, help_text="One a line: words, then an address (https://...)."
        )
        for name, value in (
            ("summary", draft.get("summary", "")), ("recommendation", draft.get("recommendation", "")),
            ("conditions", "\n".join(draft.get("conditions", []))), ("evidence", lines_of(draft.get("evidence", []))),
        ):  # fmt: skip
            self.fields[name].initial = value

    def said(self) -> Said:
        given = self.cleaned_data
        return Said(
            recommendation=given["recommendation"], summary=given["summary"], evidence=links_of(given["evidence"]),
            answers={text: given[f"answer_{number}"] for number, text in enumerate(self.questions, 1)},
            conditions=[line.strip() for line in given["conditions"].splitlines() if line.strip()],
        )  # fmt: skip


class WordsForm(PageForm):
    """Verbs that need a reason."""

    words = text_field("Why", 2, help_text="Stands in the story for everybody who sees it.")


class FollowForm(PageForm):
    words = text_field("Words", 2, required=False)


class AssignForm(PageForm):
    """A keeper of the pool names somebody, or lets Awayteam choose again."""

    person = forms.CharField(
        max_length=300, required=False, label="Bar raiser", help_text="By name; empty: Awayteam chooses by its rules."
    )
    words = text_field("Why", 2, required=False)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_person(self) -> Person | None:
        text = str(self.cleaned_data["person"]).strip()
        return person_named(self.actor, text) if text else None


class OverrideForm(PageForm):
    """The reason of an override, and when to look again."""

    reason = text_field("Reason", 4, help_text="Shown at once in the public register, and told to everybody above you.")
    look_again_on = day_field("Look at it again on", help_text="You will be asked what happened.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["look_again_on"].initial = later()


def later() -> date:
    """The date to look again that the rulebook suggests."""
    return timezone.now().date() + timedelta(days=rulebook.current().reviews.look_again_days)


class MeetForm(PageForm):
    evidence = text_field("Evidence", 2, help_text="What shows that it is met: words and links.")
