"""`port.Grants` and `port.Directory` for gitolite: our two files, and what gitolite says is in force."""

import shlex
from collections.abc import Sequence
from datetime import datetime

from awayteam.forges.gitolite import lines
from awayteam.forges.gitolite.applying import ByCommits, Local
from awayteam.forges.gitolite.lines import LineError, Right
from awayteam.forges.port import Account, Finding, ForgeError, Held, Level, Place, Wanted

ADMIN = "gitolite-admin"


class GitoliteGrants:
    """Rights in gitolite. Accounts and repositories have no ids there: their names are their ids."""

    def __init__(self, applying: Local | ByCommits, check: str = "") -> None:
        """`check` is the command that asks the gate about pushes to other branches, "" where there are none."""
        self.applying = applying
        self.check = tuple(shlex.split(check))

    def held(self, place: Place) -> Sequence[Held]:
        """What our file gives and gitolite has in force, and rights by gitolite's own configuration, which we can't
        take."""
        with self.applying.locked():
            rights = [right for right in self._rights() if right.repository == place.id]
            ours = sorted({right.user for right in rights})
            others: list[str] = []
            in_force = dict.fromkeys(ours, True)
            if isinstance(self.applying, Local):
                others = [user for user in self.applying.users() if user not in ours]
                in_force = self.applying.allowed(place.id, [*self._writing(rights), *others])
        found = [_held(user, rights) for user in ours if in_force.get(user, True)]
        theirs = [user for user in others if in_force.get(user)]
        return [*found, *(Held(Account(user, user), Level.WRITE, direct=False, ours=False) for user in theirs)]

    def _writing(self, rights: Sequence[Right]) -> list[str]:
        return sorted({right.user for right in rights if right.level is not Level.READ})

    def give(self, place: Place, wanted: Wanted) -> None:
        try:
            made = lines.rights_of(place.id, wanted)
        except LineError as error:
            raise ForgeError(str(error), final=True) from error
        self._change(place.id, wanted.account.login, made)

    def take(self, place: Place, held: Held) -> None:
        self._change(place.id, held.account.login, [])

    def _change(self, repository: str, user: str, made: Sequence[Right]) -> None:
        with self.applying.locked():
            others = [one for one in self._rights() if (one.repository, one.user) != (repository, user)]
            rights = [*others, *made]
            conf = lines.write_conf(rights, gated=bool(self.check))
            self.applying.change(conf, lines.write_paths(rights, self.check))

    def _rights(self) -> list[Right]:
        text = self.applying.read()
        try:
            return lines.read_paths(text) if text else []
        except (LineError, ValueError) as error:
            raise ForgeError(str(error), final=True) from error

    def find(self, login: str) -> Account | None:
        """A user by name: gitolite knows whoever has a key, and asks for none."""
        try:
            lines.check_user(login)
        except LineError:
            return None
        return Account(login, login)

    def examine(self) -> Sequence[Finding]:
        """Whether what we write would be read, and what keeps it from that."""
        with self.applying.locked():
            self._rights()
            return self.applying.findings()

    def places(self) -> Sequence[Place]:
        if not isinstance(self.applying, Local):
            return []
        found = []
        for name in self.applying.repositories():
            try:
                lines.check_repository(name)
            except LineError:
                continue
            found.append(Place(name, name))
        return found


def _held(user: str, rights: Sequence[Right]) -> Held:
    own = [right for right in rights if right.user == user]
    level = Level.WRITE if any(right.level is not Level.READ for right in own) else Level.READ
    ends: datetime = max(right.until for right in own)
    return Held(Account(user, user), level, ends_at=ends, ours=True, key=f"{lines.PATHS}:{user}")
