"""A small organisation with one repository that was read: what tests of pages, queries and the API look at.

Team `one` (Ada leads it, Bob) owns /a/, team `two` (Eve) owns /b/; both are in the unit `shop`, managed by Mia. Zoe is
an administrator, Ned belongs nowhere. The repository's commits: Ada at home, Ada mixed, Bob away, Eve on what nobody
owns, a bot, somebody unresolved (away), and a branch by Eve that was merged into /a/.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.test import Client

from awayteam.accounts.actors import actor_of_user
from awayteam.accounts.models import User
from awayteam.catalog.models import Entity
from awayteam.contributions import actions, refresh
from awayteam.contributions.models import Repository
from awayteam.contributions.tests.gitrepo import Repo
from awayteam.kernel.actor import SYSTEM, Actor
from awayteam.organisation.models import Membership, Person, Role, Team

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = 86_400
START = 1_700_000_000
SLUG = "acme/shop"


@dataclass
class Small:
    repository: Repository
    repo: Repo
    people: dict[str, Person]
    teams: dict[str, Team]
    users: dict[str, User]
    service: Entity

    def actor(self, name: str) -> Actor:
        return actor_of_user(self.users[name], NOW)

    def client(self, name: str) -> Client:
        made = Client()
        made.force_login(self.users[name])
        return made


def build(folder: Path, *, restricted: bool = False) -> Small:
    teams = {"shop": Team.objects.create(ref="group:default/shop", name="shop", is_unit=True)}
    for name in ("one", "two"):
        teams[name] = Team.objects.create(ref=f"group:default/{name}", name=name, parent=teams["shop"])
    groups = {
        name: Entity.objects.create(
            ref=team.ref, kind="Group", name=name, sort_name=name, team=team, first_seen_at=NOW, changed_at=NOW
        )
        for name, team in teams.items()
    }
    people = {
        name: Person.objects.create(
            ref=f"user:default/{name}", name=name, display_name=name.title(), email=f"{name}@x.org"
        )
        for name in ("ada", "bob", "eve", "mia", "ned", "zoe")
    }
    roles = (
        ("one", "ada", Role.LEAD), ("one", "bob", Role.MEMBER), ("two", "eve", Role.MEMBER),
        ("shop", "mia", Role.MANAGER),
    )  # fmt: skip
    for team, person, role in roles:
        Membership.objects.create(team=teams[team], person=people[person], role=role)
    users = {
        name: User.objects.create_user(name, person=person, is_superuser=name == "zoe")
        for name, person in people.items()
    }
    service = Entity.objects.create(
        ref="component:default/shop", kind="Component", name="shop", sort_name="shop", owner=groups["two"],
        restricted=restricted, first_seen_at=NOW, changed_at=NOW,
        document={"metadata": {"annotations": {"github.com/project-slug": SLUG}}},
    )  # fmt: skip
    repo = write(folder / "shop")
    repository = actions.follow(str(repo.path), actor=SYSTEM, now=NOW)
    refresh.one(repository, actor=SYSTEM, now=NOW, wait_seconds=0)
    repository.refresh_from_db()
    return Small(repository, repo, people, teams, users, service)


def write(path: Path) -> Repo:
    repo = Repo(path)
    repo.git("config", "remote.origin.url", f"https://git.example/{SLUG}.git")
    rules = "/a/ @acme/one\n/b/ @acme/two\n"
    at = iter(range(START, START + 100 * DAY, DAY))
    repo.commit({".github/CODEOWNERS": rules, "a/1": "1"}, name="Ada", email="ada@x.org", when=next(at))
    repo.commit({"a/1": "2", "b/1": "1"}, name="Ada", email="ada@x.org", when=next(at), message="Both <b>at once</b>")
    repo.commit({"b/1": "2"}, name="Bob", email="bob@x.org", when=next(at))
    repo.commit({"c": "2"}, name="Eve", email="eve@x.org", when=next(at))
    bot = "49699333+dependabot[bot]@users.noreply.github.com"
    repo.commit({"a/1": "5"}, name="dependabot[bot]", email=bot, when=next(at))
    repo.commit({"a/2": "5"}, name="Some One", email="some.one@elsewhere.org", when=next(at))
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit({"a/3": "1"}, name="Eve", email="eve@x.org", when=next(at), message="Help out")
    repo.git("checkout", "-q", "main")
    repo.merge("topic", when=next(at) + DAY, message="Merge pull request #1 from eve/topic")
    return repo
