"""Everything that the client says to GitLab, and that our GitLab answers, against GitLab's own description."""

from datetime import UTC, datetime

from awayteam.forges.gitlab.tests.fake import FakeGitLab
from awayteam.forges.gitlab.tests.test_client import World, notice
from awayteam.forges.port import Account, Colour, Level, Wanted
from awayteam.forges.tests.described import description

UNTIL = datetime(2026, 6, 30, 17, 0, tzinfo=UTC)
UNDESCRIBED = {
    "GET /api/v4/projects/N/external_status_checks",
    "GET /api/v4/projects/N/issues/N/notes",
    "GET /api/v4/projects/N/merge_requests/N/approval_rules",
    "GET /api/v4/projects/N/merge_requests/N/notes",
    "GET /api/v4/user",
    "GET /api/v4/users",
    "GET /api/v4/users/N",
    "POST /api/v4/projects/N/issues/N/notes",
    "POST /api/v4/projects/N/merge_requests/N/approval_rules",
    "POST /api/v4/projects/N/merge_requests/N/notes",
    "POST /api/v4/projects/N/merge_requests/N/status_check_responses",
    "PUT /api/v4/projects/N/issues/N/notes/N",
    "PUT /api/v4/projects/N/merge_requests/N/approval_rules/N",
    "PUT /api/v4/projects/N/merge_requests/N/notes/N",
}
"""The description leaves these out (2026-07); they are written by GitLab's pages about its interface."""


def play(world: World) -> None:
    """Every call that the client can make."""
    fake, place, client = world.fake, world.place, world.client
    fake.approve(world.one, world.grace)
    fake.request_changes(world.one, world.ken)
    fake.status(world.one.head, "test", "success", fake.me)
    fake.contents[(world.project, world.change.base, "CODEOWNERS")] = b"* @shop\n"
    fake.pipelines = [{"id": 5, "iid": 1, "project_id": world.project, "sha": world.one.head, "ref": "visit",
                       "status": "success", "source": "push", "created_at": None, "updated_at": None,
                       "web_url": ""}]  # fmt: skip
    change = world.change
    client.examine()
    client.places()
    client.find("grace")
    client.open_changes(place)
    client.paths(place, change)
    client.commits(place, change)
    client.reviews(place, change)
    client.checks(place, change.head)
    client.files(place, change.base, ["CODEOWNERS", "docs/CODEOWNERS"])
    client.publish(place, change, notice(Colour.RED))
    fake.check(world.project)
    client.publish(place, change, notice(Colour.GREEN))
    for text in ("one", "two"):
        client.comment(place, change, text)
        client.comment_issue(place, 3, text)
    for user in (world.grace, world.ken):
        client.ask_review(place, change, [Account(str(user), "x")])
    fake.push(world.one, ["a.py"], state="overflow")
    client.paths(place, world.change)
    for level in (Level.WRITE, Level.READ):
        world.grants.give(place, Wanted(Account(str(world.ken), "ken"), level, UNTIL))
    invited = {"invite_email": "x@example.com", "access_level": 30, "created_at": None, "expires_at": None,
               "user_name": None, "created_by_name": None}  # fmt: skip
    fake.invitations[world.project] = [invited]
    for held in world.grants.held(place):
        if held.direct and held.account.id != str(fake.me):
            world.grants.take(place, held)


def test_what_is_said_is_as_described() -> None:
    told = description("gitlab.json")
    with FakeGitLab() as fake:
        assert isinstance(fake, FakeGitLab)
        world = World(fake, status_check="Awayteam", approval_rule="Home team")
        play(world)
        wrong, unknown = told.problems(fake.exchanges, types=False)
    assert wrong == []
    assert unknown == UNDESCRIBED
    assert len(fake.exchanges) > 50
