"""A question about a change that the gate was never told of: what is said of it, and what the clone knows. Nothing is
recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from awayteam.contributions import permissions as contributions
from awayteam.contributions.bots import Bots
from awayteam.contributions.identities import noreply_login
from awayteam.contributions.models import Repository
from awayteam.gate import fromgit, question, roster
from awayteam.gate.change import Approval, Author, Change, Check, Said, Way
from awayteam.gate.models import Change as Row
from awayteam.gate.models import Stand
from awayteam.gate.ownership import clone_of, named
from awayteam.gate.question import Question
from awayteam.gate.roster import Organisation
from awayteam.gate.told import cleaned, is_commit
from awayteam.kernel import rulebook
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.sources.gitcmd import GitError

LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of a change: `who` is a reference, a login or an address; `commit` "" means the head."""

    who: str
    said: Said = Said.APPROVED
    commit: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A change as a program asks about it. `paths` None: those that differ in the clone of the followed repository.
    `base` "" is where there is nothing before. `rule_files` are those of the base, for what isn't followed here."""

    repository: str
    base: str
    head: str
    author: str
    paths: tuple[str, ...] | None = None
    hands: tuple[str, ...] = ()
    approvals: tuple[Word, ...] = ()
    checks: tuple[Check, ...] = ()
    way: Way = Way.MERGE
    url: str = ""
    is_bot: bool = False
    rule_files: Mapping[str, bytes] | None = field(default=None, hash=False)


def repository_of(actor: Actor, name: str, now: datetime) -> Repository | None:
    """The followed repository that a name means, None where none is followed by it. Raises `NotFound` for one that the
    actor may not see."""
    followed = named(name)
    if followed is None:
        return None
    if not contributions.visible(actor, Repository.objects.filter(pk=followed.pk), now).exists():
        raise NotFound(f"There is no repository {name[:100]}.", "Look at the list of repositories.")
    return followed


def person_of(organisation: Organisation, word: str) -> str:
    """The reference of whoever a word means; "" where nobody is called so."""
    return organisation.owner(word.strip()).person


def author_of(organisation: Organisation, word: str, *, is_bot: bool = False) -> Author:
    person = person_of(organisation, word)
    label = organisation.label(person) if person else cleaned(word, LONGEST_LABEL)
    return Author(person, label or "somebody", is_bot)


def hand_of(organisation: Organisation, word: str) -> Author:
    """Somebody who wrote in a change, by whatever name they say is theirs."""
    person = organisation.writer(word.strip())
    return Author(person, organisation.label(person) if person else cleaned(word, LONGEST_LABEL) or "somebody")


def ask(actor: Actor, asked: Asked, now: datetime) -> Question:
    """The question with all that it is judged by. Raises `NotFound`, `InvalidInput`."""
    followed = repository_of(actor, asked.repository, now)
    organisation = roster.current().at(now)
    span = _span(followed, asked)
    if asked.paths is None and span is None:
        raise InvalidInput(
            "The clone of the repository doesn't have both commits.", "Say the paths.", {"paths": "are missing"}
        )
    paths = asked.paths if asked.paths is not None else (span.paths if span is not None else ())
    change = Change(
        repository=followed.name if followed is not None else asked.repository,
        base=asked.base,
        head=asked.head,
        paths=tuple(dict.fromkeys(paths)),
        author=author_of(organisation, asked.author, is_bot=asked.is_bot),
        hands=(*(hand_of(organisation, one) for one in asked.hands), *_writers(span, organisation)),
        approvals=tuple(_approval(organisation, one, asked.head, now) for one in asked.approvals),
        checks=asked.checks,
        way=asked.way,
        url=asked.url,
    )
    base = asked.base or "0" * 40
    passages = _passed(actor, change)
    return question.ask(change, followed, base, "", now, passages=passages, files=asked.rule_files)


def _approval(organisation: Organisation, one: Word, head: str, now: datetime) -> Approval:
    author = author_of(organisation, one.who)
    return Approval(author.person, author.label, one.said, one.commit or head, one.at or now)


def _span(followed: Repository | None, asked: Asked) -> fromgit.Span | None:
    """What differs, out of the clone; None where it hasn't both commits."""
    clone = clone_of(followed) if followed is not None else ""
    if not clone or not is_commit(asked.head) or not (asked.base == "" or is_commit(asked.base)):
        return None
    try:
        return fromgit.span(clone, asked.base or "0" * 40, asked.head, asked.way)
    except (GitError, OSError):
        return None


def _writers(span: fromgit.Span | None, organisation: Organisation) -> list[Author]:
    """Everybody who wrote a commit that is new, by declared addresses and logins alone."""
    if span is None:
        return []
    rules = rulebook.current().contributions
    bots = Bots((*rules.bots, *rules.more_bots))
    try:
        written = fromgit.writers(span)
    except (GitError, OSError):
        return []
    found = []
    for name, email in written:
        login = noreply_login(email)
        person = organisation.writer(email.strip()) or (organisation.writer(login) if login else "")
        label = organisation.label(person) if person else cleaned(name or email, LONGEST_LABEL)
        found.append(Author(person, label, bots(name, email)))
    return list(dict.fromkeys(found))


def _passed(actor: Actor, change: Change) -> list[int]:
    """Changes whose emergencies count for this question: those that a forge told of, or the asking account itself."""
    rows = Row.objects.filter(repository=change.repository, head=change.head, state=Stand.OPEN)
    return [
        pk
        for pk, origin, teller in rows.values_list("pk", "origin", "teller_id")[:50]
        if not origin.startswith("ci:") or (teller is not None and teller == actor.user_id)
    ]
