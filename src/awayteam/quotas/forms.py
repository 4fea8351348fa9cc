"""Forms of quotas."""

from typing import Any

from django import forms

from awayteam.kernel.pages import PageForm
from awayteam.quotas.rules import MOST_REQUESTS, Unit


class LimitForm(PageForm):
    """A limit; `operations` are those of the API, to choose from, where it is known."""

    api = forms.CharField(max_length=300, label="API")
    consumer = forms.CharField(
        max_length=300, required=False, help_text="The component that calls; empty for each that no limit names."
    )
    operation = forms.CharField(
        max_length=500, required=False, help_text="As its page has it; empty for all without a limit of their own."
    )
    requests = forms.IntegerField(min_value=1, max_value=MOST_REQUESTS, label="Requests")
    unit = forms.ChoiceField(choices=[(one.value, f"per {one.value}") for one in Unit], label="Per")
    burst = forms.IntegerField(
        min_value=1, max_value=MOST_REQUESTS, required=False, label="At once",
        help_text="How many may come at once after a rest; empty for the rulebook's seconds worth.",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), help_text="The consumer's team reads it."
    )

    def __init__(self, operations: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if operations:
            choices = [("", "all without a limit of their own"), *((one, one) for one in operations)]
            self.fields["operation"] = forms.ChoiceField(choices=choices, required=False)
            self.order_fields(["api", "consumer", "operation", "requests", "unit", "burst", "reason"])


class AnswerForm(PageForm):
    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), required=False)
