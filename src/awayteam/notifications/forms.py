"""Forms of the pages of notifications."""

from typing import Any

from django import forms

from awayteam.kernel.pages import PageForm
from awayteam.notifications.queries import OwnWishes
from awayteam.notifications.rules import GROUP_WORDS, Channel, Group, When

DAYS = [(str(number), name) for number, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))]
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WHEN_WORDS = [(When.AT_ONCE, "at once"), (When.DAILY, "daily"), (When.WEEKLY, "weekly"), (When.NEVER, "never")]
CHANNEL_WORDS = {Channel.EMAIL: "E-mail", Channel.SLACK: "Chat", Channel.WEBHOOK: "Webhook"}
TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class WishesForm(PageForm):
    """How one is told. The choices of each channel and group are fields named `email-turn` and so on."""

    slack_url = forms.CharField(
        required=False,
        max_length=2000,
        label="Chat: incoming webhook",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="From Slack, Mattermost or Rocket.Chat. It is a secret and never shown again; empty leaves it as is.",
    )
    slack_off = forms.BooleanField(required=False, label="Forget the chat's address")
    webhook_url = forms.CharField(
        required=False,
        max_length=2000,
        label="Webhook of a program of yours",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="Gets a signed POST; a new address gets a new secret.",
    )
    quiet_start = forms.TimeField(required=False, label="Quiet from", widget=TIME)
    quiet_end = forms.TimeField(required=False, label="Quiet until", widget=TIME)
    quiet_days = forms.MultipleChoiceField(
        required=False, label="Quiet all day", choices=DAYS, widget=forms.CheckboxSelectMultiple
    )
    urgent_in_quiet = forms.BooleanField(required=False, label="What is urgent may come in quiet hours")
    digest_time = forms.TimeField(required=False, label="Digests come at", widget=TIME)
    digest_weekday = forms.ChoiceField(
        label="The weekly digest comes on", choices=list(enumerate(LONG_DAYS)), widget=forms.Select
    )

    def __init__(self, data: Any, own: OwnWishes) -> None:
        chosen, wishes = own.chosen, own.wishes
        initial = {
            "webhook_url": chosen.webhook_url if chosen else "",
            "quiet_start": chosen.quiet_start if chosen else "",
            "quiet_end": chosen.quiet_end if chosen else "",
            "quiet_days": [str(day) for day in sorted(wishes.quiet_days)],
            "urgent_in_quiet": wishes.urgent_in_quiet,
            "digest_time": wishes.digest_time,
            "digest_weekday": str(wishes.digest_weekday),
        }
        super().__init__(data, initial=initial)
        for channel in Channel:
            for group in Group:
                label = f"{GROUP_WORDS[group]}, by {CHANNEL_WORDS[channel].lower()}"
                self.fields[f"{channel}-{group}"] = forms.ChoiceField(
                    label=label, choices=WHEN_WORDS, required=False, initial=wishes.chosen(channel, group)
                )

    def changes(self) -> dict[str, Any]:
        """What `actions.prefer` takes."""
        given = self.cleaned_data
        made: dict[str, Any] = {
            "choices": {
                channel.value: {
                    group.value: given[f"{channel}-{group}"] for group in Group if given[f"{channel}-{group}"]
                }
                for channel in Channel
            },
            "quiet_days": [int(day) for day in given["quiet_days"]],
            "urgent_in_quiet": given["urgent_in_quiet"],
            "digest_weekday": int(given["digest_weekday"]),
            "webhook_url": given["webhook_url"],
        }
        for name in ("quiet_start", "quiet_end", "digest_time"):
            made[name] = given[name].strftime("%H:%M") if given[name] else ""
        if given["slack_url"] or given["slack_off"]:
            made["slack_url"] = "" if given["slack_off"] else given["slack_url"]
        return made


class TeamChannelForm(PageForm):
    url = forms.CharField(
        required=False,
        max_length=2000,
        label="Incoming webhook",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text="From Slack, Mattermost or Rocket.Chat. It is a secret and never shown again. Empty takes it away.",
    )
    reason = forms.CharField(required=False, max_length=2000, help_text="Stands in the team's history.")
