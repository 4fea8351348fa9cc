"""From authors of commits to people, with the evidence for each link, weakest evidence last (specs: identities)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from awayteam.contributions.bots import Bots
from awayteam.contributions.mailmap import Mailmap
from awayteam.contributions.organisation import Organisation
from awayteam.contributions.rules import AuthorClass


class Method(StrEnum):
    """How an author was linked to a person, strongest first."""

    MANUAL = "manual alias"
    NOREPLY = "noreply address"
    DECLARED = "declared address"
    MAILMAP = "mailmap"
    BRANCH = "branch owner"
    FULL_NAME = "same full name"
    HANDLE = "handle equals name"
    LOCAL_PART = "local part equals handle"
    CLOSE_NAME = "close name"


ORDER = {method: place for place, method in enumerate(Method)}
_NOREPLY = re.compile(r"(?:\d+[+-])?([^@+]+)@(?:users\.noreply\.[a-z0-9.-]+|noreply\.[a-z0-9.-]+)\Z")
_GENERIC = frozenset(
    ("root", "admin", "info", "mail", "me", "contact", "dev", "git", "github", "hello", "user", "test", "team",
     "support", "office", "work")
)  # fmt: skip
_CLOSE = 92.0
"""Per cent of likeness (Levenshtein on sorted words) from which two names count as close."""


@dataclass(slots=True)
class Author:
    """A name and address as commits have them. `branches` counts owners of merged branches that ended in a commit
    of this author; `commits` counts non-merge commits."""

    name: str
    email: str
    commits: int = 0
    branches: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, slots=True)
class Identified:
    """What is known of an author: `key` is the same for all authors that are one person; `person` is a reference."""

    kind: AuthorClass
    key: str
    person: str | None = None
    login: str = ""
    method: Method | None = None
    evidence: str = ""

    @property
    def is_guess(self) -> bool:
        """Guesses may inform a page; no policy may rest on them."""
        return self.method is Method.CLOSE_NAME


class Resolver:
    """Links authors to people. `rule_logins` are logins that ownership rules name, people even without an organisation.

    `aliases` maps an author as written ("Name <address>" or the address alone, any case) to a login or a person's
    reference, to "bot", or to "-" for somebody outside.
    """

    def __init__(
        self,
        organisation: Organisation,
        *,
        aliases: Mapping[str, str] | None = None,
        mailmap: Mailmap | None = None,
        rule_logins: Iterable[str] = (),
        bots: Bots | None = None,
        guess: bool = True,
    ) -> None:
        self._organisation = organisation
        self._aliases = {key.lower(): value for key, value in (aliases or {}).items()}
        self._mailmap = mailmap or Mailmap()
        self._bots = bots or Bots()
        self._guess = guess
        self._logins: dict[str, str] = {login.lower(): f"login:{login.lower()}" for login in rule_logins}
        self._emails: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        self._sorted_names: dict[str, str] | None = None
        for person in organisation.people.values():
            self._logins.update(dict.fromkeys(person.logins, person.ref))
            self._emails.update(dict.fromkeys(person.emails, person.ref))
            self._learn(person.name, person.ref)

    def resolve_all(self, authors: Sequence[Author]) -> list[Identified]:
        """One answer for each author. Names of those known by stronger evidence then identify their other addresses."""
        answers: list[Identified | None] = [self._strong(author) for author in authors]
        for author, answer in zip(authors, answers, strict=True):
            if answer is not None and answer.key and answer.kind is not AuthorClass.BOT:
                self._learn(author.name, answer.person or answer.key)
        return [answer or self._weak(author) for author, answer in zip(authors, answers, strict=True)]

    def _strong(self, author: Author) -> Identified | None:
        manual = self._aliases.get(str(author).lower()) or self._aliases.get(author.email.lower())
        if manual is not None:
            return self._manual(author, manual)
        if self._bots(author.name, author.email):
            return Identified(AuthorClass.BOT, f"bot:{author.name.lower()}", evidence=str(author))
        login = noreply_login(author.email)
        if login and login in self._logins:
            return self._found(self._logins[login], Method.NOREPLY, author.email, login)
        if person := self._emails.get(author.email.lower()):
            return self._found(person, Method.DECLARED, author.email)
        mapped = self._by_mailmap(author)
        if mapped is not None:
            return mapped
        if login:
            return Identified(AuthorClass.OUTSIDER, f"login:{login}", None, login, Method.NOREPLY, author.email)
        for owner, count in author.branches.most_common(1):
            evidence = f"{count} merged branches of {owner}"
            if owner in self._logins:
                return self._found(self._logins[owner], Method.BRANCH, evidence, owner)
            return Identified(AuthorClass.OUTSIDER, f"login:{owner}", None, owner, Method.BRANCH, evidence)
        return None

    def _manual(self, author: Author, target: str) -> Identified:
        plain = target.lower().lstrip("@")
        if plain == "bot":
            return Identified(AuthorClass.BOT, f"bot:{author.name.lower()}", method=Method.MANUAL, evidence=target)
        if plain == "-":
            key = f"email:{author.email.lower()}"
            return Identified(AuthorClass.OUTSIDER, key, method=Method.MANUAL, evidence="named an outsider")
        person = self._logins.get(plain) or (plain if plain in self._organisation.people else None)
        if person is None:
            return Identified(AuthorClass.OUTSIDER, f"login:{plain}", None, plain, Method.MANUAL, target)
        return self._found(person, Method.MANUAL, target)

    def _by_mailmap(self, author: Author) -> Identified | None:
        name, email = self._mailmap(author.name, author.email)
        if (name, email) == (author.name, author.email):
            return None
        evidence = f"{author} -> {name} <{email}>"
        login = noreply_login(email)
        if login and login in self._logins:
            return self._found(self._logins[login], Method.MAILMAP, evidence, login)
        if person := self._emails.get(email.lower()):
            return self._found(person, Method.MAILMAP, evidence)
        people = self._names.get(folded(name), set())
        return self._found(next(iter(people)), Method.MAILMAP, evidence) if len(people) == 1 else None

    def _weak(self, author: Author) -> Identified:
        name, email = self._mailmap(author.name, author.email)
        plain = folded(name)
        people = self._names.get(plain, set())
        if len(people) == 1 and " " in plain:
            return self._found(next(iter(people)), Method.FULL_NAME, name)
        if plain in self._logins:
            return self._found(self._logins[plain], Method.HANDLE, name, plain)
        local = email.lower().partition("@")[0].partition("+")[0]
        if len(local) > 2 and local not in _GENERIC and local in self._logins:
            return self._found(self._logins[local], Method.LOCAL_PART, email, local)
        if self._guess and " " in plain and len(plain) > 6:
            like = self._closest(plain)
            if like is not None:
                return self._found(next(iter(self._names[like])), Method.CLOSE_NAME, f"{name} ~ {like}")
        return Identified(AuthorClass.UNRESOLVED, f"email:{email.lower()}")

    def _closest(self, name: str) -> str | None:
        """The one name that is close; None where none or several are."""
        from rapidfuzz import fuzz, process

        if self._sorted_names is None:
            one = (other for other, people in self._names.items() if len(people) == 1)
            self._sorted_names = {other: " ".join(sorted(other.split())) for other in one}
        ordered = " ".join(sorted(name.split()))
        found = process.extract(ordered, self._sorted_names, scorer=fuzz.ratio, score_cutoff=_CLOSE, limit=2)
        people = {next(iter(self._names[other])) for _, _, other in found}
        return str(found[0][2]) if len(people) == 1 else None

    def _found(self, person: str, method: Method, evidence: str, login: str = "") -> Identified:
        if person.startswith(("login:", "email:")):
            login = login or person.partition(":")[2]
            kind = AuthorClass.MEMBER if login in self._logins and person.startswith("login:") else AuthorClass.OUTSIDER
            return Identified(kind, person, None, login, method, evidence)
        teams = self._organisation.teams
        has_team = any(ref in teams and not teams[ref].is_unit for ref in self._ever(person))
        kind = AuthorClass.MEMBER if has_team else AuthorClass.MEMBER_WITHOUT_TEAM
        return Identified(kind, person, person, login, method, evidence)

    def _ever(self, person: str) -> set[str]:
        """Teams of which somebody is or was a member."""
        if not hasattr(self, "_memberships"):
            self._memberships: dict[str, set[str]] = {}
            for team in self._organisation.teams.values():
                for membership in team.members:
                    self._memberships.setdefault(membership.person, set()).add(team.ref)
        return self._memberships.get(person, set())

    def _learn(self, name: str, person: str) -> None:
        plain = folded(name)
        if " " in plain:
            self._names.setdefault(plain, set()).add(person)


def noreply_login(email: str) -> str:
    """The login in a forge's noreply address (GitHub, GitLab, Gitea), lower case; "" for any other address."""
    match = _NOREPLY.match(email.lower()[:300])
    return match[1] if match else ""


def folded(name: str) -> str:
    """A name without case, accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", name[:300])
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def read_aliases(text: str) -> tuple[dict[str, str], list[str]]:
    """A file of corrections: `LOGIN = Name <address>` or `LOGIN = address` a line; `bot` and `-` for LOGIN, # comments.

    Returns the aliases and a message for each line that says nothing.
    """
    aliases: dict[str, str] = {}
    wrong = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        target, equals, author = line.partition("=")
        if not equals or not target.strip() or "@" not in author:
            wrong.append(f"line {number}: write LOGIN = Name <address>, found {line[:80]!r}")
            continue
        aliases[author.strip().lower()] = target.strip()
    return aliases, wrong
