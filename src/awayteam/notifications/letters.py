"""What leaves: notifications as a mail, a chat message, JSON. Pure, from plain values to payloads of the outbox."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from itertools import groupby
from typing import Any

from awayteam.notifications.rules import GROUP_WORDS, Group, When

LONGEST_SUBJECT = 150
MOST_ITEMS = 200
"""Items that one message lists; with more it says how many there are."""

SLACK_BLOCKS = 45
"""Slack takes 50 blocks, and 3,000 characters in each."""

SLACK_TEXT = 2_800
CALLS = re.compile(r"@(?=(?:here|channel|all|everyone)\b)", re.IGNORECASE)
DIGESTS = {When.DAILY: "daily digest", When.WEEKLY: "weekly digest"}


@dataclass(frozen=True, slots=True)
class Item:
    """One notification as it is told. `url` is absolute, "" where there is no page."""

    text: str
    url: str
    at: datetime
    group: Group
    event: str
    subject: tuple[str, int]
    label: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """What leaves together. `key` is unique; `host` is this installation's; `url` its address."""

    key: str
    items: Sequence[Item]
    when: When
    host: str
    url: str
    unsubscribe: str = ""

    @property
    def title(self) -> str:
        """One line: the story's name, or what kind of digest it is."""
        if self.when in DIGESTS:
            things = f"{len(self.items)} thing{'s' if len(self.items) != 1 else ''}"
            return f"Your {DIGESTS[self.when]}: {things}"
        urgent = "Urgent: " if any(one.urgent for one in self.items) else ""
        label = " ".join(self.items[0].label.split())
        return f"{urgent}{label[:LONGEST_SUBJECT]}"

    @property
    def story(self) -> str:
        """The id under which mail programs keep the mails of one story together; "" for a digest."""
        kind, id = self.items[0].subject
        return "" if self.when in DIGESTS else f"<story.{kind}.{id}@{self.host}>"

    def by_story(self) -> list[tuple[str, list[Item]]]:
        """The items by what they are about, in the order in which each was first told."""
        shown = list(self.items)[:MOST_ITEMS]
        first: dict[tuple[str, int], int] = {}
        for number, one in enumerate(shown):
            first.setdefault(one.subject, number)
        ordered = sorted(shown, key=lambda one: first[one.subject])
        return [(told[0].label, told) for _, many in groupby(ordered, lambda one: one.subject) if (told := list(many))]

    @property
    def why(self) -> str:
        """Why one gets this, in words."""
        groups = dict.fromkeys(
            GROUP_WORDS[one.group] for one in sorted(self.items, key=lambda one: list(Group).index(one.group))
        )
        return f"You get this for: {', '.join(words[0].lower() + words[1:] for words in groups)}."

    @property
    def left_out(self) -> int:
        return max(len(self.items) - MOST_ITEMS, 0)


def mail(letter: Letter) -> dict[str, Any]:
    """Everything of a mail but its address. The same letter gives the same mail, so that repeats can be told."""
    headers = {
        "Message-ID": f"<{letter.key}@{letter.host}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Date": format_datetime(max(one.at for one in letter.items)),
    }
    if letter.story:
        headers |= {"References": letter.story, "In-Reply-To": letter.story}
    if letter.unsubscribe:
        headers |= {
            "List-Unsubscribe": f"<{letter.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return {
        "subject": f"[Awayteam] {letter.title}",
        "text": _mail_text(letter),
        "html": _mail_html(letter),
        "headers": headers,
    }


def _mail_text(letter: Letter) -> str:
    lines = []
    for label, items in letter.by_story():
        if letter.when in DIGESTS:
            lines += [label, "-" * min(len(label), 70)]
        for one in items:
            lines += [one.text, *([one.url] if one.url else []), ""]
    if letter.left_out:
        lines += [f"And {letter.left_out:,} more: {letter.url}/notifications/", ""]
    lines += ["--", letter.why, f"How you are told: {letter.url}/notifications/preferences/"]
    if letter.unsubscribe:
        lines += [f"No more mail of this kind: {letter.unsubscribe}"]
    return "\n".join(lines) + "\n"


def _mail_html(letter: Letter) -> str:
    parts = []
    for label, items in letter.by_story():
        if letter.when in DIGESTS:
            parts.append(f"<h2>{html.escape(label)}</h2>")
        parts += [f"<p>{html.escape(one.text)}{_more(one.url)}</p>" for one in items]
    if letter.left_out:
        parts.append(f"<p>And {letter.left_out:,} more{_more(f'{letter.url}/notifications/')}</p>")
    foot = [
        html.escape(letter.why),
        f'<a href="{html.escape(letter.url)}/notifications/preferences/">How you are told</a>',
    ]
    if letter.unsubscribe:
        foot.append(f'<a href="{html.escape(letter.unsubscribe)}">No more mail of this kind</a>')
    title = html.escape(letter.title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body>{''.join(parts)}<hr><p><small>{'<br>'.join(foot)}</small></p></body></html>"
    )


def _more(url: str) -> str:
    return f'<br><a href="{html.escape(url)}">{html.escape(url)}</a>' if url else ""


def slack(letter: Letter) -> dict[str, Any]:
    """A message for Slack's incoming webhooks; Mattermost and Rocket.Chat read its `text`. Calls nobody by `@here`."""
    lines = [_slack_line(one) for one in list(letter.items)[:MOST_ITEMS]]
    head = f"*{_slack(letter.title)}*"
    blocks: list[dict[str, Any]] = [_section(head)] if letter.when in DIGESTS or len(lines) > 1 else []
    blocks += [_section(line) for line in lines[: SLACK_BLOCKS - 2]]
    rest = len(letter.items) - min(len(lines), SLACK_BLOCKS - 2)
    if rest:
        blocks.append(_section(f"And {rest:,} more: <{letter.url}/notifications/|all notifications>"))
    shown = lines if len(lines) == 1 else [head, *lines[:SLACK_BLOCKS]]
    return {"text": "\n".join(shown)[:30_000], "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _slack_line(one: Item) -> str:
    label = _slack(one.label).replace("|", "/")
    link = f" <{one.url}|{label or 'Open'}>" if one.url else ""
    return f"{_slack(one.text)[:SLACK_TEXT]}{link}"


def _slack(text: str) -> str:
    """Text without anything that Slack reads as a link, a mention or a call of everybody."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return CALLS.sub("@\u200b", " ".join(escaped.split()))


def event(letter: Letter) -> dict[str, Any]:
    """A CloudEvent that carries the notifications, for a person's own program."""
    return {
        "specversion": "1.0",
        "id": letter.key,
        "source": letter.url,
        "type": "awayteam.notification",
        "time": max(one.at for one in letter.items).isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "title": letter.title,
            "notifications": [
                {
                    "text": one.text,
                    "url": one.url,
                    "at": one.at.isoformat(),
                    "group": one.group.value,
                    "event": one.event,
                    "subject": {"kind": one.subject[0], "id": one.subject[1], "label": one.label},
                    "urgent": one.urgent,
                }
                for one in letter.items
            ],
        },
    }
