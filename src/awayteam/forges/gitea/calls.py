"""Calls to Gitea and Forgejo: repositories and accounts by their ids, which the interface itself names by their names.

A name may lead to another repository or account than the one that was meant, since names can be given up and taken by
somebody else. So the id is asked for the name first: for reading, an answer serves for some seconds, for changing
access it is asked each time.
"""

from typing import Final

from awayteam.forges.gitea.inbound import user_of
from awayteam.forges.http import Http, HttpError, join
from awayteam.forges.http.addresses import Query
from awayteam.forges.port import Account, ForgeError, Place
from awayteam.forges.reading import Node, document

PAGE: Final = 50
"""What Gitea gives at most at a time, unless its administrator allows more."""
NAME_SERVES: Final = 15.0
KEPT_NAMES: Final = 4096


class Calls:
    """One forge, asked by ids."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self._names: dict[str, tuple[float, str, str]] = {}
        self._me: Account | None = None

    def repository(self, place: Place, *parts: str | int, fresh: bool = False) -> str:
        """The path of a repository by its id, with `parts` below it. Raises `ForgeError(final=True)` where it is
        gone."""
        known = self._names.get(place.id)
        now = self.http.clock.passed()
        if fresh or known is None or now - known[0] > NAME_SERVES:
            found = Node(self.http.get(join("repositories", place.id)))
            if found.id("id") != place.id:
                raise ForgeError("The forge answered with another repository.", final=True)
            if len(self._names) >= KEPT_NAMES:
                self._names.clear()
            known = (now, found.need("line", "owner", "login"), found.need("line", "name"))
            self._names[place.id] = known
        return join("repos", known[1], known[2], *parts)

    def login(self, account: Account) -> str:
        """What an account is called now, "" where it is gone. The search doesn't show private accounts to everybody;
        the name that we know is tried for those."""
        if not account.id.isdigit():
            return ""
        found = Node(self.http.get("/users/search", {"uid": account.id, "limit": 1})).items("data")
        if not found and account.login.strip("."):
            body = self.maybe(join("users", account.login))
            found = [document(body)] if body is not None else []
        return next((one.line("login") for one in found if one.id("id") == account.id), "")

    def me(self) -> Account:
        """Who the token acts as."""
        if self._me is None:
            self._me = user_of(Node(self.http.get("/user")))
        return self._me

    def pages(self, path: str, query: Query | None = None) -> list[Node]:
        return [Node(one) for one in self.http.pages(path, {**(query or {}), "limit": PAGE}, per_page=PAGE)]

    def listed(self, path: str) -> list[Node]:
        """Of a list without pages."""
        return Node(self.http.get(path)).items()

    def maybe(self, path: str, query: Query | None = None) -> bytes | None:
        """The body at a path, None where there is none."""
        try:
            return self.http.call("GET", path, query=query).body
        except HttpError as error:
            if error.status == 404:
                return None
            raise
