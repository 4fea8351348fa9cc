"""Collaborators of a repository on Gitea and Forgejo: read, given, taken back. Neither ends access by itself."""

from collections.abc import Sequence
from typing import Final

from awayteam.forges.gitea.answers import LEVELS, level_of
from awayteam.forges.gitea.client import GiteaClient
from awayteam.forges.gitea.inbound import user_of
from awayteam.forges.http import HttpError, join
from awayteam.forges.port import Account, ForgeError, Held, Level, Place, Wanted
from awayteam.forges.reading import Node, document

COLLABORATOR: Final = "collaborator"


class GiteaGrants:
    """`port.Grants` and `port.Directory` for Gitea and Forgejo. Owners and members of teams are told as not direct."""

    def __init__(self, client: GiteaClient) -> None:
        self.client, self.calls, self.http = client, client.calls, client.http

    def find(self, login: str) -> Account | None:
        """The account that is called so now."""
        body = self.calls.maybe(join("users", login)) if login.strip(".") else None
        account = user_of(document(body)) if body is not None else Account("", "")
        return account if account.id and account.login.lower() == login.lower() else None

    def places(self) -> Sequence[Place]:
        return self.client.places()

    def held(self, place: Place) -> Sequence[Held]:
        root = self.calls.repository(place, fresh=True)
        found = []
        for one in self.calls.pages(root + "/collaborators"):
            account = user_of(one)
            if account.id and (level := self._level(root, account.login)) is not None:
                found.append(Held(account, level, key=COLLABORATOR))
        return [*found, *self._owner(root), *self._teams(root)]

    def _level(self, root: str, login: str) -> Level | None:
        """The forge says what somebody may do in all, which may be more than what they were given here.

        Releases before 1.17 don't say it: writing is what a collaborator usually has.
        """
        body = self.calls.maybe(f"{root}/collaborators{join(login)}/permission")
        if body is None:
            return Level.WRITE
        return level_of(document(body).text("permission", most=20))

    def _owner(self, root: str) -> list[Held]:
        owner = user_of(Node(self.http.get(root)).at("owner"))
        return [Held(owner, Level.ADMIN, direct=False)] if owner.id else []

    def _teams(self, root: str) -> list[Held]:
        """Members of the organisation's teams; the repository of a person has none."""
        try:
            teams = self.calls.listed(root + "/teams")
        except HttpError as error:
            if error.status in (403, 404, 405):
                return []
            raise
        found = []
        for team in teams:
            level = level_of(team.text("permission", most=20)) or _by_units(team)
            if level is None:
                continue
            members = self.calls.pages(join("teams", team.need("id", "id"), "members"))
            found += [Held(user_of(one), level, direct=False) for one in members if one.id("id")]
        return found

    def give(self, place: Place, wanted: Wanted) -> None:
        login = self.calls.login(wanted.account)
        if not login:
            raise ForgeError(f"The account {wanted.account.login[:100]} is gone.", final=True)
        path = self.calls.repository(place, "collaborators", login, fresh=True)
        self.http.call("PUT", path, json={"permission": LEVELS[wanted.level]})

    def take(self, place: Place, held: Held) -> None:
        """Found by its id among the collaborators, as it is called there now; nothing is done where it isn't one."""
        if not held.direct:
            raise ForgeError("This access comes from a team or from owning the repository.", final=True)
        root = self.calls.repository(place, fresh=True)
        found = (one for one in self.calls.pages(root + "/collaborators") if one.id("id") == held.account.id)
        login = next((user_of(one).login for one in found), "")
        if not login:
            return
        try:
            self.http.call("DELETE", f"{root}/collaborators{join(login)}")
        except HttpError as error:
            if error.status != 404:
                raise


def _by_units(team: Node) -> Level | None:
    """What a team without one permission for everything may do with code."""
    return level_of(team.text("units_map", "repo.code", most=20))
