"""The App's way to a repository: the installation that sees it, and its present name, found by its id.

A name alone is never trusted: after a rename, somebody else's repository may carry it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awayteam.forges.github import reading
from awayteam.forges.github.reading import Json, obj
from awayteam.forges.github.tokens import AppAuth, InstallationAuth
from awayteam.forges.http import SYSTEM_CLOCK, Answer, Clock, Http, HttpError, Terms, join
from awayteam.forges.http.addresses import Query
from awayteam.forges.port import Account, ForgeError, Limits, Place, Settings

PUBLIC = "https://api.github.com"
VERSION = "2022-11-28"
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": VERSION}
KNOWN_SECONDS = 60.0
"""How long a repository's or account's name is believed after it was asked by id."""
MOST_KNOWN = 10_000
MOST_PAGES = 300
"""Of repositories: an installation can see 30,000."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as the installation that sees it asks for it."""

    http: Http
    place: Place

    def path(self, *parts: str | int) -> str:
        owner, _, name = self.place.slug.partition("/")
        return join("repos", owner, name, *parts)

    def get(self, *parts: str | int, **query: str | int) -> Any:
        return self.http.get(self.path(*parts), query)

    def object(self, *parts: str | int, **query: str | int) -> Json:
        """Raises `ForgeError` where the answer isn't an object."""
        told = self.get(*parts, **query)
        if not isinstance(told, dict):
            raise ForgeError(f"GET {self.path(*parts)} answered with something that isn't an object")
        return told

    def list(self, *parts: str | int, within: str = "", query: Query | None = None) -> Iterator[Json]:
        """Raises `ForgeError` where an entry isn't an object: a list must not get shorter unnoticed."""
        for one in self.http.pages(self.path(*parts), query, within=within):
            if not isinstance(one, dict):
                raise ForgeError(f"GET {self.path(*parts)} answered with an entry that isn't an object")
            yield one

    def call(self, method: str, *parts: str | int, json: Any = None, repeatable: bool | None = None) -> Answer:
        """Change something. Where the repository was renamed this very moment, the error isn't final: the next try
        asks for its name again."""
        try:
            return self.http.call(method, self.path(*parts), json=json, repeatable=repeatable)
        except HttpError as error:
            if error.status not in {301, 302}:
                raise
            raise HttpError(error.says, status=error.status) from error


class Api:
    """Made once for a forge; used by several threads."""

    def __init__(self, settings: Settings, *, terms: Terms | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        values, self.clock = settings.values, clock
        self.app_id = values.get("app_id", "").strip()
        self.only = values.get("installation_id", "").strip()
        if not self.app_id.isdigit() or not (self.only.isdigit() or not self.only):
            raise ForgeError("The App's id and the installation's id are numbers.", final=True)
        address = settings.address.strip() or PUBLIC
        self._http = Http(address, headers=HEADERS, allow_private=settings.allow_private, terms=terms, clock=clock)
        self.app = self._http.acting(AppAuth(self.app_id, values.get("private_key", ""), self.forge_now), "app")
        self._installations: dict[str, Http] = {}
        self._seen_by: dict[str, str] = {}
        self._places: dict[str, tuple[float, Place]] = {}
        self._accounts: dict[str, tuple[float, Account]] = {}

    def forge_now(self) -> datetime:
        """GitHub's clock."""
        return self.clock.now() + self._http.skew

    def limits(self) -> Limits:
        """Of the installation that has the least left."""
        all_of = [http.limits() for http in list(self._installations.values())]
        told = [one for one in all_of if one.remaining is not None]
        return min(told, key=lambda one: one.remaining or 0) if told else self.app.limits()

    def installation(self, known: str) -> Http:
        if known not in self._installations:
            auth = InstallationAuth(self.app, known, self.forge_now)
            self._installations[known] = self.app.acting(auth, f"installation {known}")
        return self._installations[known]

    def installations(self) -> list[str]:
        """Ids of those that aren't suspended."""
        if self.only:
            return [self.only]
        listed = (reading.obj(one) for one in self.app.pages(join("app", "installations")))
        return [reading.ident(one) for one in listed if reading.ident(one) and one.get("suspended_at") is None]

    def places(self) -> list[Place]:
        """Every repository that an installation sees, once."""
        found: dict[str, Place] = {}
        for known in self.installations():
            pages = self.installation(known).pages(
                join("installation", "repositories"), within="repositories", most=MOST_PAGES
            )
            for one in pages:
                if (told := reading.place(obj(one))) is not None:
                    found[told.id] = told
        return list(found.values())

    def repository(self, place: Place, *, fresh: bool = False) -> Repository:
        """By its id, under its present name. `fresh` asks even if that was known a moment ago: before rights change.

        Raises `ForgeError(final=True)` where no installation sees it.
        """
        known = self._places.get(place.id)
        if known and not fresh and self.clock.passed() - known[0] < KNOWN_SECONDS:
            return Repository(self.installation(self._seen_by[place.id]), known[1])
        found = self._by_name(place) or self._by_id(place)
        if found is None:
            self._places.pop(place.id, None)
            says = f"No installation of the App sees the repository {place.slug} (id {place.id})."
            raise HttpError(says, status=404, final=True)
        if len(self._places) >= MOST_KNOWN:
            self._places.clear()
        self._seen_by[place.id] = found[0]
        self._places[place.id] = self.clock.passed(), found[1]
        return Repository(self.installation(found[0]), found[1])

    def _by_name(self, place: Place) -> tuple[str, Place] | None:
        if not reading.slug(place.slug):
            return None
        owner, _, name = place.slug.partition("/")
        try:
            seen_by = self._seen_by.get(place.id) or self.only
            if not seen_by:
                seen_by = reading.ident(obj(self.app.get(join("repos", owner, name, "installation"))))
            if not seen_by:
                return None
            told = reading.place(obj(self.installation(seen_by).get(join("repos", owner, name))))
        except HttpError as error:
            if error.status in {403, 404} and error.retry_at is None:
                return None
            raise
        return (seen_by, told) if told and told.id == place.id else None

    def _by_id(self, place: Place) -> tuple[str, Place] | None:
        """It is called otherwise, or moved to other owners: each installation is asked."""
        for known in self.installations():
            try:
                told = reading.place(obj(self.installation(known).get(join("repositories", place.id))))
            except HttpError as error:
                if error.status in {403, 404} and error.retry_at is None:
                    continue
                raise
            if told and told.id == place.id:
                return known, told
        return None

    def account(self, http: Http, who: Account, *, fresh: bool = False) -> Account | None:
        """Somebody by their id, under the name that they have now; None where they are gone."""
        known = self._accounts.get(who.id)
        if known and not fresh and self.clock.passed() - known[0] < KNOWN_SECONDS:
            return known[1]
        if not who.id.isdigit():
            return None
        try:
            told = reading.account(obj(http.get(join("user", who.id))))
        except HttpError as error:
            if error.status == 404:
                return None
            raise
        if told is None or told.id != who.id:
            return None
        if len(self._accounts) >= MOST_KNOWN:
            self._accounts.clear()
        self._accounts[who.id] = self.clock.passed(), told
        return told
