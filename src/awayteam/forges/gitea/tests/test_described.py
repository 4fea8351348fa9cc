"""Everything that the client says, and that our Gitea answers, against the descriptions of Gitea and of Forgejo."""

import pytest

from awayteam.forges.gitea.tests.fake import FakeGitea
from awayteam.forges.gitea.tests.test_client import UNTIL, World, notice
from awayteam.forges.port import Colour, Level, Wanted
from awayteam.forges.tests.described import description


def play(world: World) -> None:
    """Every call that the client can make."""
    fake, place, client = world.fake, world.place, world.client
    world.grants.give(place, Wanted(world.account(world.grace), Level.WRITE, UNTIL))
    fake.team(world.repo, "write", [world.ada])
    fake.review(world.one, world.grace, "APPROVED")
    fake.status(world.one.head, "test", "success")
    fake.contents[(world.repo, world.one.base, "docs/CODEOWNERS")] = b"* @shop\n"
    fake.protections[world.repo] = [{"rule_name": "main", "branch_name": "main", "enable_status_check": True,
                                     "status_check_contexts": ["awayteam"], "required_approvals": 1,
                                     "block_on_rejected_reviews": True, "dismiss_stale_approvals": True}]  # fmt: skip
    change = world.change
    client.examine()
    client.places()
    client.open_changes(place)
    client.paths(place, change)
    client.commits(place, change)
    client.reviews(place, change)
    client.checks(place, change.head)
    client.files(place, change.base, ["docs/CODEOWNERS", "CODEOWNERS"])
    client.publish(place, change, notice(Colour.RED))
    for text in ("one", "two"):
        client.comment(place, change, text)
    client.ask_review(place, change, [world.account(world.grace)])
    fake.has_files = False
    client.paths(place, change)
    fake.hidden.add(world.ada)
    world.grants.give(place, Wanted(world.account(world.ada), Level.READ, UNTIL))
    for held in world.grants.held(place):
        if held.direct:
            world.grants.take(place, held)


@pytest.mark.parametrize("name", ["gitea.json", "forgejo.json"])
def test_what_is_said_is_as_described(name: str) -> None:
    told = description(name)
    with FakeGitea() as fake:
        assert isinstance(fake, FakeGitea)
        play(World(fake))
        wrong, unknown = told.problems(fake.exchanges, types=True)
    assert wrong == []
    assert unknown == set()
    assert len(fake.exchanges) > 40
