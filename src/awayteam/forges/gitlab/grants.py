"""Members of a GitLab project: read, given, taken back.

GitLab can end a membership by itself, on a date and by a daily sweep. We end it to the minute; GitLab's own date is set
to a day or two after our end, for the case that we don't run any more.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from awayteam.forges.gitlab.answers import LEVELS, account_of, level_of
from awayteam.forges.gitlab.client import GitLabClient, project
from awayteam.forges.http import HttpError, join
from awayteam.forges.port import Account, ForgeError, Held, Place, Wanted
from awayteam.forges.reading import Node

INVITATION: Final = "invitation:"
MEMBER: Final = "member"


class GitLabGrants:
    """`port.Grants` and `port.Directory` for GitLab. What a group gives is told as not direct and never touched."""

    def __init__(self, client: GitLabClient) -> None:
        self.client, self.http = client, client.http

    def find(self, login: str) -> Account | None:
        return self.client.find(login)

    def places(self) -> Sequence[Place]:
        return self.client.places()

    def held(self, place: Place) -> Sequence[Held]:
        """Direct members, those by groups where that gives more or is all they have, and invitations by address."""
        direct = [self._held(one, direct=True) for one in self.client.pages(project(place) + "/members")]
        every = [self._held(one, direct=False) for one in self.client.pages(project(place) + "/members/all")]
        own = [one for one in direct if one is not None]
        here = {(one.account.id, one.level) for one in own}
        above = [one for one in every if one is not None and (one.account.id, one.level) not in here]
        return [*own, *above, *self._invitations(place)]

    def _held(self, one: Node, *, direct: bool) -> Held | None:
        level = level_of(one.number("access_level"))
        if level is None or not one.id("id"):
            return None
        pending = one.text("membership_state", most=20) == "awaiting"
        return Held(self._account(one), level, direct, pending, _date(one), MEMBER if direct else "")

    def _account(self, user: Node) -> Account:
        """Only names that GitLab itself makes for its bots are looked at closer: there may be thousands of members."""
        account = account_of(user)
        return self.client.account(user) if "bot" in account.login or "service" in account.login else account

    def _invitations(self, place: Place) -> list[Held]:
        try:
            found = self.client.pages(project(place) + "/invitations")
        except HttpError as error:
            if error.status in (403, 404):
                return []
            raise
        held = []
        for one in found:
            address, level = one.line("invite_email"), level_of(one.number("access_level"))
            if address and level is not None:
                account = Account(INVITATION + address, address)
                held.append(Held(account, level, True, True, _date(one), INVITATION + address))
        return held

    def give(self, place: Place, wanted: Wanted) -> None:
        """Exactly this level. Raises `ForgeError(final=True)` where they have more than that through a group."""
        if not wanted.account.id.isdigit():
            raise ForgeError("Access is given to accounts, not to addresses.", final=True)
        member = project(place) + join("members", wanted.account.id)
        told = {"access_level": LEVELS[wanted.level], "expires_at": backstop(wanted.until)}
        try:
            now = Node(self.http.get(member))
        except HttpError as error:
            if error.status != 404:
                raise
            self._add(place, wanted, member, told)
            return
        if (now.number("access_level"), now.text("expires_at") or None) != (told["access_level"], told["expires_at"]):
            self.http.call("PUT", member, json=told)

    def _add(self, place: Place, wanted: Wanted, member: str, told: dict[str, int | str | None]) -> None:
        path = project(place) + "/members"
        try:
            self.http.call("POST", path, json={"user_id": int(wanted.account.id), **told}, repeatable=True)
        except HttpError as error:
            if error.status != 409:
                raise
            self.http.call("PUT", member, json=told)

    def take(self, place: Place, held: Held) -> None:
        if not held.direct:
            raise ForgeError("This access comes from a group: take it back there.", final=True)
        if held.key.startswith(INVITATION):
            target = project(place) + join("invitations", held.key.removeprefix(INVITATION))
        else:
            target = project(place) + join("members", held.account.id)
        try:
            self.http.call("DELETE", target)
        except HttpError as error:
            if error.status != 404:
                raise


def backstop(until: datetime) -> str | None:
    """The first day that begins a day or more after `until`; GitLab ends it as that day begins. None: no end."""
    try:
        return (until.astimezone(UTC) + timedelta(days=2, microseconds=-1)).date().isoformat()
    except OverflowError:
        return None


def _date(one: Node) -> datetime | None:
    return one.moment("expires_at")
