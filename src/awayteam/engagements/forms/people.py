"""Members of an away team, and the places that it offers."""

from typing import Any

from django import forms

from awayteam.engagements.forms.base import ActForm
from awayteam.kernel.actor import SYSTEM
from awayteam.kernel.errors import NotFound
from awayteam.organisation.models import Person
from awayteam.organisation.queries import person as person_of
from awayteam.requests.forms.fields import day_field, words_field


class AddMemberForm(ActForm):
    """`somebody` is one of the away team, `other` anybody else by name; the latter goes first."""

    somebody = forms.ChoiceField(required=False, label="Of the away team")
    other = forms.CharField(
        required=False, max_length=300, label="Or somebody else", help_text="By reference, such as user:default/ada."
    )
    share = forms.IntegerField(
        min_value=1,
        max_value=100,
        initial=100,
        label="Share of their time",
        help_text="In percent; their manager agrees.",
    )
    joins_on = day_field("Empty: from the first day.", label="From")
    leaves_on = day_field("Empty: until the end.", label="Until")
    words = words_field(required=False, label="What they do")

    def __init__(self, *arguments: Any, people: list[Person], **more: Any) -> None:
        super().__init__(*arguments, **more)
        field = self.fields["somebody"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose"), *((str(one.pk), str(one)) for one in people)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if text := str(given.get("other") or "").strip():
            try:
                given["person"] = person_of(SYSTEM, text if ":" in text else f"user:default/{text}")
            except NotFound as error:
                self.add_error("other", str(error))
        elif given.get("somebody"):
            given["person"] = Person.objects.get(pk=int(given["somebody"]))
        else:
            self.add_error("somebody", "Choose who comes, or name somebody else.")
        return given

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("person", "share", "joins_on", "leaves_on", "words")}


class OfferForm(ActForm):
    title = forms.CharField(max_length=200, label="Place", help_text="What somebody would do, in a line.")
    skills = forms.CharField(required=False, max_length=1_300, help_text="Separated by commas.")
    hours = forms.IntegerField(min_value=1, max_value=10_000, help_text="In all.")
    open_until = day_field("Empty: until it is taken.", label="Open until")
    words = words_field("What they would learn, and whom to ask.", required=False, label="More")

    def values(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        return {**given, "skills": [one.strip() for one in given["skills"].split(",") if one.strip()]}


class ApplyForm(ActForm):
    words = words_field("Why you, and from when. The lead of the away team reads it.", required=False)


class TakeForm(ActForm):
    share = forms.IntegerField(
        min_value=1, max_value=100, initial=100, label="Share of their time", help_text="In percent."
    )
    words = words_field(required=False)


class RefuseForm(ActForm):
    words = words_field("They read it.", label="Why not")
