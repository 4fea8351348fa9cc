"""Forms of forges: a kind's settings become fields; secrets are never sent back to the browser."""

from typing import Any

from django import forms

from awayteam.forges.models import Forge
from awayteam.forges.port import ForgeKind, Setting
from awayteam.kernel.pages import PageForm

KEEPS = "Leave it empty to keep what is there."


class SecretInput(forms.Textarea):
    """Takes many lines, as a key has; what was entered is never sent back."""

    def format_value(self, value: Any) -> None:  # noqa: ARG002 - shape of a widget
        return None


class ForgeForm(PageForm):
    """Name, address and the settings of one kind. With `forge` it changes that one."""

    name = forms.SlugField(max_length=60, help_text="Short, in small letters: it is how you call it here.")
    address = forms.CharField(max_length=500, label="Address")
    allow_private = forms.BooleanField(
        required=False, label="The address is private", help_text="Only for a forge in your own network."
    )

    def __init__(self, kind: ForgeKind, *args: Any, forge: Forge | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.kind, self.forge = kind, forge
        self.names = [one.name for one in kind.settings]
        for one in kind.settings:
            self.fields[one.name] = _field(one, forge, given_later=one.name == kind.secret_setting)
        self.fields["address"].initial = kind.default_address
        self.fields["address"].required = kind.needs_address
        if forge is not None:
            del self.fields["name"], self.fields["address"]
            self.fields["allow_private"].initial = forge.allow_private

    def values(self) -> dict[str, str]:
        """The settings as they were entered; secrets that were left empty are left out."""
        given = {name: str(self.cleaned_data.get(name) or "") for name in self.names}
        secret = {one.name for one in self.kind.settings if one.is_secret}
        return {name: value for name, value in given.items() if value or name not in secret}


def _field(setting: Setting, forge: Forge | None, *, given_later: bool) -> forms.CharField:
    help_text = setting.help
    if given_later and forge is None:
        help_text = f"{help_text} Empty: one is made and shown once.".strip()
    if setting.is_secret and forge is not None:
        help_text = f"{help_text} {KEEPS}".strip()
    required = setting.is_required and not given_later and not (setting.is_secret and forge is not None)
    # a key of many lines is pasted; a password field keeps only one
    widget: forms.Widget = forms.TextInput()
    if setting.is_secret:
        widget = SecretInput(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(
        label=setting.title, help_text=help_text, required=required, widget=widget, max_length=20_000,
        initial="" if setting.is_secret or forge is None else forge.settings.get(setting.name, ""),
    )  # fmt: skip


class LinkForm(PageForm):
    """Whose account it is."""

    account = forms.CharField(max_length=200)
    person = forms.CharField(max_length=300, required=False, help_text="A reference such as user:default/ada.")
    reason = forms.CharField(max_length=2000, required=False)
