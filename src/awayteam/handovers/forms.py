"""What the pages of handovers and defects ask for: a form for each thing that can be done."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from awayteam.engagements.models import Side
from awayteam.engagements.permissions import Standing
from awayteam.handovers.actions import Citation, Found, Shown
from awayteam.handovers.models import Severity
from awayteam.handovers.queries.story import HandoverStory, citable
from awayteam.handovers.seeing import Spot
from awayteam.kernel.pages import PageForm
from awayteam.organisation.models import Person
from awayteam.requests.forms.fields import day_field, words_field
from awayteam.sources.results import MAX_BYTES


class VersionForm(PageForm):
    """`version` is the state that its reader saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """The action's own arguments."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class SubmitForm(VersionForm):
    summary = words_field("What was built, and where it is; the home team reads it first.", label="Summary", rows=4)


class SayForm(VersionForm):
    words = words_field()


class MaySayForm(VersionForm):
    words = words_field(required=False)


class RefuseForm(VersionForm):
    """A refusal cites a frozen standard or a line; the choices are those of the handover."""

    line = forms.ChoiceField(required=False, label="Line of the checklist that isn’t met")
    standard = forms.ChoiceField(required=False, label="Frozen standard")
    section = forms.CharField(max_length=300, required=False, label="Where in the standard")
    words = words_field("What is missing, so that it can be done.")

    def __init__(self, *arguments: Any, story: HandoverStory, **more: Any) -> None:
        super().__init__(*arguments, **more)
        lines = [(str(one.row.number), f"{one.row.number}. {one.row.text}"[:160]) for one in citable(story)]
        standards = [(str(one.pk), one.title) for one in story.standards]
        for name, choices in (("line", lines), ("standard", standards)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "—"), *choices]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        line, standard = given["line"], given["standard"]
        cited = Citation(int(standard) if standard else None, given["section"], int(line) if line else None)
        return {"citation": cited, "words": given["words"]}


class EvidenceForm(VersionForm):
    """Exactly one kind of evidence; a walkthrough's fields stand on its line alone."""

    url = forms.CharField(max_length=2000, required=False, label="Link", widget=forms.URLInput())
    file = forms.FileField(
        required=False, label="File of results", help_text="JUnit XML, SARIF or Cobertura: its figures are kept."
    )
    words = words_field("Alone, or beside a link or file.", required=False)
    on = day_field("When it was.", label="Walkthrough on")
    attended_by = forms.ChoiceField(required=False, label="With whom of the home side")

    def __init__(self, *arguments: Any, standing: Standing, walkthrough: bool, **more: Any) -> None:
        super().__init__(*arguments, **more)
        if not walkthrough:
            del self.fields["on"], self.fields["attended_by"]
            return
        people = Person.objects.filter(pk__in=standing.home_people).order_by("name")
        field = self.fields["attended_by"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "—"), *((str(one.pk), str(one)) for one in people)]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        file, attended = given.get("file"), given.get("attended_by")
        person = Person.objects.get(pk=int(attended)) if attended else None
        data = file.read(MAX_BYTES + 1) if file else b""
        name = file.name if file else ""
        return {"shown": Shown(given["url"], given["words"], name, data, given.get("on"), person)}


class DeployForm(VersionForm):
    environment = forms.CharField(max_length=60, initial="production")
    reference = forms.CharField(
        max_length=300, required=False, help_text="A version, a commit, or the address of the pipeline’s run."
    )
    at = forms.DateTimeField(
        required=False, label="Since (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="Empty: now.", input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )  # fmt: skip
    words = words_field(required=False)

    def values(self) -> dict[str, Any]:
        return {**super().values(), "at": aware(self.cleaned_data["at"])}


def aware(at: datetime | None) -> datetime | None:
    """A time of a form, which is UTC where it says no zone."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


class DefectForm(PageForm):
    """A defect as somebody tells it."""

    title = forms.CharField(max_length=200, label="What is wrong")
    words = words_field("What happens, and what should.", required=False, label="Description", rows=3)
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.MEDIUM)
    path = forms.CharField(
        max_length=1000, required=False, label="File", help_text="From the repository’s root: src/refunds/lines.py."
    )
    line = forms.IntegerField(required=False, min_value=1, max_value=10_000_000)
    repository = forms.CharField(max_length=300, required=False, help_text="Where the visit had more than one.")
    pasted = forms.CharField(
        required=False, max_length=200_000, label="Stack trace or log", widget=forms.Textarea(attrs={"rows": 5}),
        help_text="File and line are found in it where you name none.",
    )  # fmt: skip
    found_at = forms.DateTimeField(
        required=False, label="Found at (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="Decides about the warranty. Empty: now.",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
    )  # fmt: skip

    def found(self) -> Found:
        given = self.cleaned_data
        spot = Spot(given["repository"], given["path"], given["line"])
        return Found(given["title"], given["words"], spot, given["pasted"], given["severity"], aware(given["found_at"]))


class FixForm(VersionForm):
    commit = forms.CharField(max_length=64, required=False, help_text="The commit that repaired it.")
    words = words_field("Needed where there is no commit.", required=False)


class RuleForm(VersionForm):
    side = forms.ChoiceField(choices=Side.choices, label="Whose it is", widget=forms.RadioSelect)
    words = words_field()


class LookBackForm(PageForm):
    """Five answers; the questions are the rulebook's."""

    def __init__(self, *arguments: Any, questions: tuple[str, ...], said: list[str] | None = None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for number, question in enumerate(questions, start=1):
            self.fields[f"answer_{number}"] = forms.CharField(
                label=question, required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 3}),
                initial=said[number - 1] if said else "",
            )  # fmt: skip

    def answers(self) -> list[str]:
        return [str(value) for name, value in self.cleaned_data.items() if name.startswith("answer_")]


FORMS: dict[str, type[VersionForm]] = {"accept": MaySayForm, "submit": SubmitForm, "take-back": SayForm}
DEFECT_FORMS: dict[str, type[VersionForm]] = {
    "dismiss": SayForm,
    "dispute": SayForm,
    "fix": FixForm,
    "rule": RuleForm,
    "take": MaySayForm,
}
