"""Turning checked values of an `awayteam.yaml` into entities."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from awayteam.sources import entities
from awayteam.sources.declared import Declared, DeclaredMembership, Identity, RelationType
from awayteam.sources.entities import Place
from awayteam.sources.shapes import Notes, refer, reference, slug, tags

_KIND_WORDS = {"service": "component", "team": "group", "unit": "group", "person": "user"}
_SLUG = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_GITHUB = re.compile(r"(?:https?://|ssh://git@|git@)github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?", re.ASCII)
_MAX_ABOVE = 1000
_HOURS = re.compile(r"([01]\d|2[0-4]):[0-5]\d")


@dataclass(slots=True)
class Builder:
    """Builds entities and remembers them by reference; the first declaration of a reference counts."""

    notes: Notes
    namespace: str = "default"
    found: dict[str, Declared] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    """Group -> the group above it."""
    where: dict[str, str] = field(default_factory=dict)
    """Reference -> the place in words of its declaration that counts."""

    def add(self, kind: str, word: str, values: Mapping[str, Any], original: Any, place: Place) -> Declared | None:
        """Build one entity of `kind`; `word` is what the file calls it. None where its reference is taken."""
        if kind == "User":
            one = self._person(values, original, place)
        elif kind == "Group":
            one = self._group(word, values, original, place)
        else:
            one = self._thing(kind, values, original, place)
        if one.ref in self.found:
            message = f"{one.ref} is declared twice; {self.where[one.ref]} counts, remove this"
            self.notes.add(message, line=place.line, entity=one.ref)
            return None
        self.where[one.ref] = f"line {place.line}"
        self.found[one.ref] = one
        return one

    def declared(self) -> tuple[Declared, ...]:
        """Everything that was built."""
        return tuple(self.found.values())

    def _ref(self, value: str, kind: str, line: int, entity: str) -> str | None:
        """The reference that a text means; words of this file (service:x) stand for the catalog's kinds."""
        word, colon, rest = value.partition(":")
        known = _KIND_WORDS.get(word.strip().lower()) if colon else None
        ref = refer(f"{known}:{rest.strip()}" if known else value, kind, self.namespace)
        if ref is None and ":" not in value:
            ref = reference(kind, slug(value), self.namespace)
        if ref is None:
            self.notes.add(f"{value[:80]!r} is no reference; write [kind:][namespace/]name", line=line, entity=entity)
        elif ref == entity:
            self.notes.add(f"{value[:80]!r} refers to itself; remove it", line=line, entity=entity)
            return None
        return ref

    def _refs(self, values: Iterable[str], kind: str, line: int, entity: str) -> list[str]:
        return [ref for one in values if (ref := self._ref(one, kind, line, entity)) is not None]

    def _dates(self, value: Mapping[str, Any], line: int, entity: str) -> tuple[date | None, date | None]:
        since, until = value.get("since"), value.get("until")
        if since and until and until < since:
            self.notes.add(f"until {until} is before since {since}; mend the dates", line=line, entity=entity)
            return None, None
        return since, until

    def _membership(
        self, team: str, person: str, value: Mapping[str, Any], line: int, entity: str
    ) -> DeclaredMembership:
        since, until = self._dates(value, line, entity)
        return DeclaredMembership(team, person, value.get("role") or "member", since, until, bool(value.get("primary")))

    def _group(self, word: str, values: Mapping[str, Any], original: Any, place: Place) -> Declared:
        name = slug(values["name"])
        ref = reference("group", name, self.namespace)
        members = []
        for one in values.get("members", ()):
            person = self._ref(one["person"], "user", place.line, ref)
            if person:
                members.append(self._membership(ref, person, one, place.line, ref))
        parent = self._ref(values["parent"], "group", place.line, ref) if values.get("parent") else None
        if parent and self._closes_circle(ref, parent):
            self.notes.add(f"the parents of {ref} go in a circle; this one is left out", line=place.line, entity=ref)
            parent = None
        if parent:
            self.parents[ref] = parent
        forge_teams = values.get("forge_teams", {})
        facts = {key: values.get(key) for key in ("mission", "contacts", "email", "picture", "time_zone")}
        facts |= {
            "on_call_url": values.get("on_call"),
            "calendar": self._calendar(values.get("calendar"), place.line, ref),
            "forge_teams": forge_teams,
        }
        return entities.group(
            name,
            namespace=self.namespace,
            title=values.get("title") or values["name"],
            description=values.get("description", ""),
            kind_of_group=values.get("type") or word,
            parent=parent,
            memberships=members,
            facts=facts,
            annotations={"github.com/team-slug": forge_teams["github"]} if "github" in forge_teams else {},
            tags=tags(values.get("tags", [])),
            aliases=self._refs(values.get("aliases", ()), "group", place.line, ref),
            original=original,
            place=place,
        )

    def _closes_circle(self, ref: str, parent: str) -> bool:
        """Whether `parent` stands below `ref`; sought up to `_MAX_ABOVE` levels, so that long chains cost little."""
        seen = {ref}
        here: str | None = parent
        while here is not None and here not in seen and len(seen) < _MAX_ABOVE:
            seen.add(here)
            here = self.parents.get(here)
        return here == ref

    def _calendar(self, value: Mapping[str, Any] | None, line: int, entity: str) -> dict[str, Any]:
        if not value:
            return {}
        country, subdivision = value["country"].upper(), value.get("subdivision", "").upper()
        if not re.fullmatch(r"[A-Z]{2}", country):
            message = f"calendar.country: {country[:20]!r} is no country; write two letters such as DE"
            self.notes.add(message, line=line, entity=entity)
            return {}
        calendar: dict[str, Any] = {"country": country}
        if subdivision:
            calendar["subdivision"] = subdivision
        if hours := value.get("hours"):
            if len(hours) == 2 and all(_HOURS.fullmatch(one) for one in hours) and hours[0] < hours[1]:
                calendar["hours"] = hours
            else:
                message = "calendar.hours: expected begin and end such as ['09:00', '17:00']"
                self.notes.add(message, line=line, entity=entity)
        if days := value.get("weekdays"):
            if all(one in "0123456" and len(one) == 1 for one in days):
                calendar["weekdays"] = sorted(int(one) for one in days)
            else:
                message = "calendar.weekdays: expected numbers from 0 (Monday) to 6 (Sunday)"
                self.notes.add(message, line=line, entity=entity)
        return calendar

    def _person(self, values: Mapping[str, Any], original: Any, place: Place) -> Declared:
        name = slug(values["handle"])
        ref = reference("user", name, self.namespace)
        memberships = []
        for one in values.get("teams", ()):
            team = self._ref(one["team"], "group", place.line, ref)
            if team:
                memberships.append(self._membership(team, ref, one, place.line, ref))
        emails = []
        for one in values.get("emails", ()):
            if re.fullmatch(r"[^@\s]+@[^@\s]+", one):
                emails.append(one)
            else:
                self.notes.add(f"{one[:80]!r} is no e-mail address; mend it", line=place.line, entity=ref)
        handles = values.get("handles", {})
        identities = [Identity(forge.lower(), login.removeprefix("@")) for forge, login in handles.items()]
        identities = [
            Identity("", values["handle"].removeprefix("@")),
            *identities,
            *(Identity("email", one) for one in emails),
        ]
        facts = {key: values.get(key) for key in ("time_zone", "picture", "job_title")}
        facts["left_on"] = values["left"].isoformat() if values.get("left") else None
        facts["manager"] = self._ref(values["manager"], "user", place.line, ref) if values.get("manager") else None
        return entities.user(
            name,
            namespace=self.namespace,
            title=values.get("name", ""),
            email=emails[0] if emails else "",
            identities=identities,
            memberships=memberships,
            facts=facts,
            aliases=self._refs(values.get("aliases", ()), "user", place.line, ref),
            original=original,
            place=place,
        )

    def _thing(self, kind: str, values: Mapping[str, Any], original: Any, place: Place) -> Declared:
        name = slug(values["name"])
        ref = reference(kind, name, self.namespace)
        owner, ownership = self._owners(values, place.line, ref)
        relations = self._relations(values, place.line, ref)
        system = self._ref(values["system"], "system", place.line, ref) if values.get("system") else None
        paths, repository = values.get("paths", []), values.get("repository", "")
        default = {"Component": "service", "Resource": "resource"}.get(kind, "")
        spec = {"repository": repository, "paths": paths, "ownership": ownership}
        spec |= {key: values.get(key) for key in ("provides", "consumes", "depends_on", "domain")}
        return entities.entity(
            kind,
            name,
            namespace=self.namespace,
            type=values.get("type") or default,
            title=values.get("title") or values["name"],
            description=values.get("description", ""),
            lifecycle=values.get("lifecycle") or ("production" if kind in ("Component", "API") else ""),
            owner=owner,
            system=system,
            tags=tags(values.get("tags", [])),
            relations=relations,
            links=values.get("links", ()),
            annotations=repository_annotations(repository),
            spec=spec,
            facts={"ownership": ownership, "repository": repository, "paths": paths},
            aliases=self._refs(values.get("aliases", ()), kind.lower(), place.line, ref),
            restricted=bool(values.get("restricted")),
            original=original,
            place=place,
        )

    def _relations(self, values: Mapping[str, Any], line: int, ref: str) -> list[tuple[RelationType, str, str]]:
        found: list[tuple[RelationType, str, str]] = []
        for key, relation, target_kind in (
            ("provides", RelationType.PROVIDES_API, "api"),
            ("consumes", RelationType.CONSUMES_API, "api"),
            ("depends_on", RelationType.DEPENDS_ON, "component"),
        ):
            found += [(relation, ref, one) for one in self._refs(values.get(key, ()), target_kind, line, ref)]
        if values.get("domain") and (domain := self._ref(values["domain"], "domain", line, ref)):
            found.append((RelationType.PART_OF, ref, domain))
        return found

    def _owners(self, values: Mapping[str, Any], line: int, ref: str) -> tuple[str | None, list[dict[str, str]]]:
        """The owner without an end (the latest to start, where there are several), and all owners with their dates."""
        if values.get("owner") and values.get("owners"):
            self.notes.add(
                "'owner' and 'owners' are both given; 'owners' counts, remove 'owner'", line=line, entity=ref
            )
        stretches: list[tuple[date, str, dict[str, str]]] = []
        for one in values.get("owners") or ([{"team": values["owner"]}] if values.get("owner") else []):
            team = self._ref(one["team"], "group", line, ref)
            if team is None:
                continue
            since, until = self._dates(one, line, ref)
            days = {"since": since.isoformat() if since else "", "until": until.isoformat() if until else ""}
            entry = {"owner": team, **days, "reason": one.get("reason", "")}
            stretches.append((since or date.min, team, {key: value for key, value in entry.items() if value}))
        stretches.sort(key=lambda one: one[0])
        now = [one for one in stretches if "until" not in one[2]]
        if len(now) > 1:
            message = f"{len(now)} owners have no end; the one that starts last counts, give the others an 'until'"
            self.notes.add(message, line=line, entity=ref)
        return (now[-1][1] if now else None), [one[2] for one in stretches] if values.get("owners") else []


def repository_annotations(repository: str) -> dict[str, str]:
    """The catalog's annotations for a repository, given as its address or as `owner/name` on GitHub."""
    if not repository:
        return {}
    if _SLUG.fullmatch(repository):
        slug_on_github, address = repository, f"https://github.com/{repository}"
    else:
        match = _GITHUB.fullmatch(repository)
        slug_on_github, address = (match[1] if match else ""), repository
    found = {"backstage.io/source-location": f"url:{address}"}
    return {**found, **({"github.com/project-slug": slug_on_github} if slug_on_github else {})}
