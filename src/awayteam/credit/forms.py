"""Forms of credit: thanking, and disputing."""

from typing import Any

from django import forms

from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Person


class ThankForm(PageForm):
    """`people` are those who took part, to choose from; anybody else by name."""

    person = forms.CharField(max_length=300, label="Whom", help_text="By name or reference.")
    words = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label="For what",
        help_text="Stands as a comment, for everybody who sees this.",
    )  # fmt: skip

    def __init__(self, people: list[Person], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if people:
            choices = [("", "Choose"), *((one.ref, str(one)) for one in people)]
            self.fields["person"] = forms.ChoiceField(choices=choices, label="Whom")
            self.order_fields(["person", "words"])


class WordsForm(PageForm):
    words = forms.CharField(
        max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}), label="Why",
        help_text="Stands in the story, for everybody who sees the entry.",
    )  # fmt: skip
