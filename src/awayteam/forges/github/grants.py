"""Access in repositories of GitHub: collaborators and invitations, which have no end of their own there.

Somebody is found by their id each time before their rights change: a name can belong to somebody else by now.
"""

from collections.abc import Sequence

from awayteam.forges.github import reading
from awayteam.forges.github.api import Api, Repository
from awayteam.forges.github.reading import Json, obj
from awayteam.forges.http import HttpError, join
from awayteam.forges.port import Account, ForgeError, Held, Level, Place, Wanted

NAMES = {Level.READ: "pull", Level.WRITE: "push", Level.MAINTAIN: "maintain", Level.ADMIN: "admin"}
"""What `PUT collaborators` calls them."""
INVITED = {Level.READ: "read", Level.WRITE: "write", Level.MAINTAIN: "maintain", Level.ADMIN: "admin"}
"""What invitations and roles call them."""
_LEVELS = {
    "pull": Level.READ,
    "read": Level.READ,
    "triage": Level.READ,
    "push": Level.WRITE,
    "write": Level.WRITE,
    "maintain": Level.MAINTAIN,
    "admin": Level.ADMIN,
}
RANKS = {Level.READ: 1, Level.WRITE: 2, Level.MAINTAIN: 3, Level.ADMIN: 4}


class GithubGrants:
    """`port.Grants` and `port.Directory`. GitHub limits access neither to paths nor in time: gate and reconciler do."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def held(self, place: Place) -> Sequence[Held]:
        """Collaborators, those who may write through teams or the organisation, and invitations that wait.

        Readers through the organisation may be all of it, so they aren't listed. For somebody who has both, GitHub
        names the higher level only; it counts as direct.
        """
        where = self.api.repository(place, fresh=True)
        direct = {
            account.id: Held(account, level)
            for one in where.list("collaborators", query={"affiliation": "direct"})
            if (account := reading.account(one)) and (level := _level(one))
        }
        through = [
            Held(account, level, direct=False)
            for one in where.list("collaborators", query={"affiliation": "all", "permission": "push"})
            if (account := reading.account(one)) and account.id not in direct and (level := _level(one))
        ]
        waiting = [
            Held(account, level, pending=True, key=reading.ident(one))
            for one in self._invitations(where)
            if one.get("expired") is not True
            and (account := reading.account(obj(one, "invitee")))
            and (level := _LEVELS.get(reading.text(one, "permissions", 40)))
        ]
        return [*direct.values(), *through, *waiting]

    def give(self, place: Place, wanted: Wanted) -> None:
        """Add a collaborator, or invite where GitHub wants that. Never lowers what somebody has."""
        where = self.api.repository(place, fresh=True)
        account = self._account(where, wanted.account)
        if self._rank(where, account) > RANKS[wanted.level]:
            return
        for one in self._of(where, account):
            if one.get("expired") is True:
                self._remove(where, "invitations", reading.number(one))
            elif reading.text(one, "permissions", 40) == INVITED[wanted.level]:
                return
            else:
                json = {"permissions": INVITED[wanted.level]}
                where.call("PATCH", "invitations", reading.number(one), json=json, repeatable=True)
                return
        where.call("PUT", "collaborators", account.login, json={"permission": NAMES[wanted.level]})

    def take(self, place: Place, held: Held) -> None:
        """Remove a collaborator or an invitation; what is gone already is fine."""
        if not held.direct:
            says = (
                f"{held.account.login} has access to {place.slug} through a team or the organisation: change it there."
            )
            raise ForgeError(says, final=True)
        where = self.api.repository(place, fresh=True)
        if held.pending:
            for one in self._of(where, held.account):
                self._remove(where, "invitations", reading.number(one))
            return
        account = self.api.account(where.http, held.account, fresh=True)
        if account is not None:
            self._remove(where, "collaborators", account.login)

    def find(self, login: str) -> Account | None:
        """The account of this name, None where there is none, or another one answers to it."""
        for known in self.api.installations():
            try:
                told = reading.account(obj(self.api.installation(known).get(join("users", login))))
            except HttpError as error:
                if error.status == 404:
                    return None
                raise
            return told if told is not None and told.login.casefold() == login.casefold() else None
        return None

    def places(self) -> Sequence[Place]:
        """Every repository that an installation of the App sees."""
        return self.api.places()

    def _account(self, where: Repository, who: Account) -> Account:
        account = self.api.account(where.http, who, fresh=True)
        if account is None:
            raise ForgeError(f"GitHub knows no account {who.login} (id {who.id}) any more.", final=True)
        return account

    def _rank(self, where: Repository, account: Account) -> int:
        """How high the access of somebody is, 0 for none. Raises where GitHub speaks of somebody else."""
        try:
            told = where.object("collaborators", account.login, "permission")
        except HttpError as error:
            if error.status == 404:
                return 0
            raise
        if reading.ident(obj(told, "user")) not in {"", account.id}:
            raise ForgeError(f"{account.login} is somebody else by now; nothing was changed.")
        level = _level(obj(told, "user")) or _LEVELS.get(reading.text(told, "permission", 40))
        return RANKS[level] if level else 0

    def _invitations(self, where: Repository) -> Sequence[Json]:
        return list(where.list("invitations"))

    def _of(self, where: Repository, account: Account) -> Sequence[Json]:
        return [one for one in self._invitations(where) if reading.ident(obj(one, "invitee")) == account.id]

    def _remove(self, where: Repository, *parts: str | int) -> None:
        try:
            where.call("DELETE", *parts)
        except HttpError as error:
            if error.status != 404:
                raise


def _level(of: Json) -> Level | None:
    """From the five permissions, which roles of an organisation's own making have, too."""
    given = obj(of, "permissions")
    found = [level for name, level in _LEVELS.items() if given.get(name) is True]
    if found:
        return max(found, key=lambda level: RANKS[level])
    return _LEVELS.get(reading.text(of, "role_name", 40))
