"""One question of `awayteam check`: from words of a command line to a change, and from a folder or server to a verdict.

No Django here: a hook asks this for every push, and a fifth of a second counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from awayteam.gate import fromgit, supposing
from awayteam.gate.change import Approval, Author, Change, Check, Said, Way
from awayteam.gate.folder.loading import Facts
from awayteam.gate.fromevent import Event
from awayteam.gate.fromgit import Span
from awayteam.gate.rules import gate
from awayteam.gate.verdict import Verdict
from awayteam.sources.ownership.detect import resolver

LEAST = 7
"""Digits of an abbreviated commit."""
_AT_COMMIT = re.compile(rf"(.+)@([0-9a-f]{{{LEAST},64}})", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """What was said on the command line; `author` and reviewers are references, logins or addresses."""

    repository: str
    author: str = ""
    approvals: tuple[str, ...] = ()
    rejections: tuple[str, ...] = ()
    checks: Mapping[str, bool | None] = field(default_factory=dict)
    suppositions: tuple[supposing.Supposition, ...] = ()
    way: Way = Way.MERGE
    url: str = ""
    ownership: str = "auto"
    event: Event | None = None


def reviewer(said: str, head: str) -> tuple[str, str]:
    """Who, and at which commit: `ada`, `ada@3f2a91c`, `ada@example.org@3f2a91c`. Without one it is the head.

    An abbreviation of the head is the head; any other stands as it is and counts for nothing.
    """
    match = _AT_COMMIT.fullmatch(said.strip())
    if match is None:
        return said.strip(), head
    commit = match[2].lower()
    return match[1], head if head.startswith(commit) else commit


def judge(words: Words, span: Span, facts: Facts, now: datetime) -> Verdict:
    """The verdict by a folder of agreements."""
    change = as_change(words, span, facts, now)
    engagements, reviews = facts.engagements, facts.reviews
    if words.suppositions:
        known = [_as_known(one, facts) for one in words.suppositions]
        change, engagements, reviews = supposing.suppose(known, change, engagements, reviews, facts.standards, now)
    rules = resolver(fromgit.tree(span), words.ownership)
    return gate(change, rules, facts.organisation, engagements, reviews, facts.standards, facts.terms, now)


def as_change(words: Words, span: Span, facts: Facts, now: datetime) -> Change:
    """The change with people led to whom the organisation knows; whoever nobody knows stays a name."""
    event = words.event or Event("")
    author = _author(words, event, facts)
    writers = fromgit.writers(span) if span.paths else []
    hands = fromgit.hands(writers, facts.organisation.all, mailmap=fromgit.mailmap(span), bots=facts.bots)
    return Change(
        repository=words.repository,
        base=span.base,
        head=span.head,
        paths=span.paths,
        author=author,
        hands=tuple(one for one in hands if not author.person or one.person != author.person),
        approvals=_approvals(words, span.head, facts, now),
        checks=tuple(Check(name, passed) for name, passed in words.checks.items()),
        way=words.way,
        key=event.key,
        url=words.url or event.url,
        title=event.title,
        is_draft=event.is_draft,
        from_fork=event.from_fork,
    )


def _author(words: Words, event: Event, facts: Facts) -> Author:
    """Who proposes it: as the command line says, else by the event's account."""
    roster = facts.organisation
    if words.author:
        person = roster.find(words.author)
        label = roster.label(person) if person else words.author
        return Author(person, label, not person and facts.bots(words.author, words.author))
    person = roster.account(event.forge, event.number, event.login)
    name = event.login or f"account {event.number}"
    return Author(
        person, roster.label(person) if person else name, event.is_bot or (not person and facts.bots(name, ""))
    )


def _approvals(words: Words, head: str, facts: Facts, now: datetime) -> tuple[Approval, ...]:
    """Approvals, then objections, so that of somebody who is said to have done both the objection counts."""
    said: Sequence[tuple[str, Said]] = [
        *((one, Said.APPROVED) for one in words.approvals),
        *((one, Said.CHANGES) for one in words.rejections),
    ]
    found = []
    for number, (one, what) in enumerate(said):
        name, commit = reviewer(one, head)
        person = _reviewer(name, words.event, facts)
        label = facts.organisation.label(person) if person else name
        at = now - timedelta(microseconds=len(said) - number)
        found.append(Approval(person, label, what, commit, at, not person and facts.bots(name, name)))
    return tuple(found)


def _reviewer(name: str, event: Event | None, facts: Facts) -> str:
    """Where the change is one of a forge, so are the logins of its reviewers."""
    if event is None or not event.forge or ":" in name or "@" in name.lstrip("@"):
        return facts.organisation.find(name)
    return facts.organisation.account(event.forge, "", name)


def _as_known(one: supposing.Supposition, facts: Facts) -> supposing.Supposition:
    if one.kind is not supposing.Kind.APPROVED:
        return one
    return replace(one, what=facts.organisation.find(one.what) or one.what)
