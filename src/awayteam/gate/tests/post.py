"""A repository with a folder of agreements, for tests: Bob of the shop visits payments until December."""

from pathlib import Path

from awayteam.contributions.tests.gitrepo import Repo

ORGANISATION = """\
version: 1
teams:
  - name: payments
    members: [{person: ada, role: decider}, bea]
  - name: shop
    members: [bob, {person: cyd, role: lead}]
people:
  - {handle: ada, name: Ada L, emails: [ada@x.org]}
  - {handle: bea, name: Bea B, emails: [bea@x.org]}
  - {handle: bob, name: Bob B, handles: {github: bob-gh, github-id: "77", gitlab: bob-gl}, emails: [bob@x.org]}
  - {handle: cyd, name: Cyd C, emails: [cyd@x.org]}
  - {handle: gus, name: Gus G, emails: [gus@x.org], left: 2026-11-10}
"""
AGREEMENT = """\
id = 12
title = "Refunds"
home_team = "group:default/payments"
away_team = "group:default/shop"
review_mode = "every-change"
stage = "active"
time_zone = "Europe/Berlin"
home_answers = ["user:default/ada"]

[[grants]]
from = 2026-11-01T00:00:00Z
until = 2026-12-01T00:00:00Z

[[scope]]
repositories = ["."]
patterns = ["/pay/"]

[[people]]
person = "user:default/bob"
first_day = 2026-11-01
manager_agreed_at = 2026-10-30T10:00:00Z
home_agreed_at = 2026-10-30T10:00:00Z
"""
RULES = """\
* @shop
/pay/ @payments
/.awayteam/ @payments
/.github/ @payments
"""
FILES: dict[str, str | None] = {
    ".awayteam/organisation/awayteam.yaml": ORGANISATION,
    ".awayteam/agreements/12.toml": AGREEMENT,
    ".github/CODEOWNERS": RULES,
    "pay/api.py": "one\n",
    "web/page.py": "one\n",
}
NOW = "2026-11-23T12:00:00Z"
AFTER = "2026-12-02T12:00:00Z"


class Post:
    """The repository at `base`, and changes of it."""

    def __init__(self, path: Path) -> None:
        self.repo = Repo(path)
        self.base = self.commit(FILES, name="Gus G", email="gus@x.org")

    @property
    def path(self) -> str:
        return str(self.repo.path)

    def commit(self, files: dict[str, str | None], *, name: str = "Bob B", email: str = "bob@x.org") -> str:
        return self.repo.commit(files, name=name, email=email)

    def change(self, *paths: str, text: str = "two\n", name: str = "Bob B", email: str = "bob@x.org") -> str:
        return self.commit(dict.fromkeys(paths, text), name=name, email=email)
