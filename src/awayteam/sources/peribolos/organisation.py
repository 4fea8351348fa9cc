"""One organisation of a Peribolos file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from awayteam.sources import entities
from awayteam.sources.declared import Declared, DeclaredMembership, Identity
from awayteam.sources.entities import Place
from awayteam.sources.lines import Lines
from awayteam.sources.shapes import Names, Notes, first_line, items, object_of, reference, slug, text, texts

_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?(?:\[bot\])?-?")
_ROLES = (("maintainers", "lead"), ("members", "member"))
_BELOW = ("teams", "children")


@dataclass(slots=True)
class Organisation:
    """Reads one organisation; `name` is "" for a file that holds only parts and doesn't say whose they are."""

    name: str
    lines: Lines
    path: tuple[str | int, ...]
    notes: Notes
    logins: dict[str, str] = field(default_factory=dict)
    """Lower case -> as first written, of everybody that this file names."""
    named_at: dict[str, tuple[str | int, ...]] = field(default_factory=dict)
    admins: set[str] = field(default_factory=set)
    names: Names = field(default_factory=Names)

    def read(self, value: Mapping[str, Any]) -> list[Declared]:
        """The unit, its teams (parents first), its repositories and its people, in this order."""
        unit = reference("group", slug(self.name)) if self.name else None
        own = self._own_members(value, unit)
        teams = list(self._teams(value, unit))
        repositories = list(self._repositories(value))
        people = self._people(only_own=not self.name, value=value)
        return ([self._unit(value, own)] if unit else []) + teams + repositories + people

    def _where(self, *more: str) -> str:
        return ".".join(str(part) for part in (*self.path, *more))

    def _place(self, *more: str | int) -> Place:
        return Place(self.lines.document.index, self.lines.of(*self.path, *more))

    def _line(self, *more: str | int) -> int:
        return self.lines.of(*self.path, *more)

    def _texts(self, value: Any, *path: str) -> list[str]:
        return texts(value, self._where(*path), self.notes, line=self._line(*path))

    def _own_members(self, value: Mapping[str, Any], unit: str | None) -> list[DeclaredMembership]:
        admins = self._logins(value.get("admins"), self._where("admins"), ("admins",))
        members = self._logins(value.get("members"), self._where("members"), ("members",))
        self.admins = set(admins)
        return [DeclaredMembership(unit, _person(one)) for one in dict.fromkeys([*admins, *members])] if unit else []

    def _unit(self, value: Mapping[str, Any], members: list[DeclaredMembership]) -> Declared:
        keep = {
            key: one for key, one in value.items() if key not in ("teams", "children", "members", "admins", "repos")
        }
        contacts = {key: text(value.get(key)) for key in ("email", "billing_email", "location", "company")}
        return entities.group(
            slug(self.name),
            title=first_line(value.get("name")) or self.name,
            description=text(value.get("description")),
            kind_of_group="organization",
            memberships=members,
            facts={"email": contacts["email"], "contacts": {key: one for key, one in contacts.items() if one}},
            annotations={"github.com/organization": self.name},
            original=keep,
            place=self._place(),
        )

    def _teams(self, value: Mapping[str, Any], unit: str | None) -> Iterator[Declared]:
        """Every team with those nested in it, from the outside in, without recursion."""
        waiting: list[tuple[tuple[str, ...], str, Any, str | None]] = []
        self._queue(waiting, value, (), unit)
        seen: set[str] = set()
        while waiting:
            path, title, body, parent = waiting.pop(0)
            where = self._where(*path)
            if title in seen:
                self.notes.add(
                    f"{where}: the team {title!r} stands twice; the first one counts, rename this one",
                    line=self._line(*path),
                )
                continue
            seen.add(title)
            team = object_of(body, where, self.notes, line=self._line(*path))
            name = self.names.of(title)
            yield self._team(name, title, team, parent, path)
            self._queue(waiting, team, path, reference("group", name))

    def _queue(
        self,
        waiting: list[tuple[tuple[str, ...], str, Any, str | None]],
        body: Mapping[str, Any],
        path: tuple[str, ...],
        parent: str | None,
    ) -> None:
        for key in _BELOW:
            if key in body:
                for title, one in items(body[key], self._where(*path, key), self.notes, line=self._line(*path, key)):
                    waiting.append(((*path, key, title), title, one, parent))

    def _team(
        self, name: str, title: str, team: Mapping[str, Any], parent: str | None, path: tuple[str, ...]
    ) -> Declared:
        ref = reference("group", name)
        memberships: dict[str, DeclaredMembership] = {}
        for key, role in _ROLES:
            for login in self._logins(team.get(key), self._where(*path, key), (*path, key)):
                memberships.setdefault(_person(login), DeclaredMembership(ref, _person(login), role))
        where = self._where(*path, "repos")
        rights = {
            repo: text(right)
            for repo, right in items(team.get("repos"), where, self.notes, line=self._line(*path, "repos"))
        }
        handle = f"{self.name}/{name.replace('.', '-')}" if self.name else ""
        return entities.group(
            name,
            title=title,
            description=text(team.get("description")),
            parent=parent,
            memberships=memberships.values(),
            facts={
                "mission": text(team.get("description")),
                "repositories": rights,
                "forge_teams": {"github": handle} if handle else {},
            },
            annotations={"github.com/team-slug": handle} if handle else {},
            aliases=[reference("group", slug(one)) for one in self._texts(team.get("previously"), *path, "previously")],
            original={key: one for key, one in team.items() if key not in _BELOW},
            place=self._place(*path),
        )

    def _logins(self, value: Any, where: str, path: tuple[str, ...]) -> list[str]:
        """The usable logins of a list, in lower case; each is remembered as somebody whom the file names."""
        found: dict[str, None] = {}
        positions = {text(one): number for number, one in enumerate(_plain_list(value))}
        for login in texts(value, where, self.notes, line=self._line(*path)):
            at: tuple[str | int, ...] = (*path, positions.get(login, 0))
            if not _LOGIN.fullmatch(login):
                line = self.lines.of(*self.path, *at)
                self.notes.add(f"{where}: {login[:80]!r} is no GitHub login; mend or remove it", line=line)
                continue
            self.logins.setdefault(login.lower(), login)
            self.named_at.setdefault(login.lower(), at)
            found[login.lower()] = None
        return list(found)

    def _people(self, *, only_own: bool, value: Mapping[str, Any]) -> list[Declared]:
        """Everybody whom the file names; of a file with parts only those in its own list of members."""
        own = {text(one).lower() for key in ("admins", "members") for one in _plain_list(value.get(key))}
        people = []
        for key, login in self.logins.items():
            if only_own and key not in own:
                continue
            facts = {"github_role": "admin"} if key in self.admins else {}
            identity = Identity("github", login)
            place = self._place(*self.named_at[key])
            people.append(entities.user(slug(login), identities=[identity], facts=facts, place=place))
        return people

    def _repositories(self, value: Mapping[str, Any]) -> Iterator[Declared]:
        """Each repository as a resource of type repository; an archived one counts as deprecated."""
        for title, one in items(value.get("repos"), self._where("repos"), self.notes, line=self._line("repos")):
            body = object_of(one, self._where("repos", title), self.notes, line=self._line("repos", title))
            url = f"https://github.com/{self.name}/{title}" if self.name else ""
            annotations = {"github.com/project-slug": f"{self.name}/{title}"} if url else {}
            annotations |= {"backstage.io/source-location": f"url:{url}/"} if url else {}
            homepage = text(body.get("homepage"))
            yield entities.entity(
                "Resource",
                self.names.of(title, "repository"),
                type="repository",
                title=title,
                description=text(body.get("description")),
                lifecycle="deprecated" if body.get("archived") is True else "",
                links=[{"url": homepage, "title": "Home page"}] if homepage else [],
                annotations=annotations,
                aliases=[
                    reference("resource", slug(old))
                    for old in self._texts(body.get("previously"), "repos", title, "previously")
                ],
                original=body,
                place=self._place("repos", title),
            )


def _person(login: str) -> str:
    return reference("user", slug(login))


def _plain_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
