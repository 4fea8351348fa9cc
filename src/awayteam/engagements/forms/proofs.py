"""Standards that are frozen, and what was so before the visit."""

from typing import Any

from django import forms

from awayteam.engagements.actions import Upload
from awayteam.engagements.forms.base import ActForm
from awayteam.engagements.models import BaselineItem
from awayteam.kernel.errors import AwayteamError
from awayteam.requests.forms.fields import words_field

MAX_UPLOAD = 64 * 1024 * 1024
"""Bytes of one result file; what is larger is refused before it is read."""


class ByHandForm(ActForm):
    """A standard that stands in no repository."""

    title = forms.CharField(max_length=200, help_text="Such as “Reviews at our team”.")
    text = forms.CharField(
        max_length=500_000, widget=forms.Textarea(attrs={"rows": 8}), help_text="Markdown; headings become sections."
    )


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; the cleaned value is their list."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(one, initial) for one in given or [None]]


class UploadForm(ActForm):
    """Result files of a build: JUnit XML, SARIF, Cobertura XML."""

    results = FilesField(
        widget=FilesInput(attrs={"accept": ".xml,.sarif,.json"}), label="Result files",
        help_text="JUnit XML, SARIF or Cobertura XML of the last build of what will be changed; several at once.",
    )  # fmt: skip

    def refuse(self, error: AwayteamError) -> None:
        """What the action says of its files stands at the field."""
        if "files" in error.fields:
            error.fields["results"] = error.fields.pop("files")
        super().refuse(error)

    def uploads(self) -> list[Upload]:
        """Every file of the field. Raises `ValidationError` for one that is too large."""
        found = []
        for file in self.cleaned_data["results"]:
            if (file.size or 0) > MAX_UPLOAD:
                raise forms.ValidationError(f"{file.name}: at most {MAX_UPLOAD // 1024 // 1024} MB.")
            found.append(Upload(file.name or "file", file.read()))
        return found


class ItemForm(ActForm):
    """Something that was so before, by hand."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.value.capitalize()) for kind in BaselineItem.Kind])
    key = forms.CharField(max_length=500, label="What", help_text="The name of the check, the finding or the defect.")
    words = words_field(required=False, label="More")
    path = forms.CharField(max_length=1000, required=False)
    value = forms.DecimalField(
        required=False, max_digits=9, decimal_places=3, label="Figure", help_text="Coverage in percent."
    )

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
