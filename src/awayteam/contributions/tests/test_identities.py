import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awayteam.contributions.bots import Bots, shipped
from awayteam.contributions.identities import Author, Identified, Method, Resolver, noreply_login, read_aliases
from awayteam.contributions.mailmap import Mailmap
from awayteam.contributions.organisation import Organisation, Person, Team, read_organisation
from awayteam.contributions.rules import AuthorClass, Class, back_from, classify, day
from awayteam.kernel.rulebook.build import RulebookError, defaults, parse
from awayteam.sources.declared import DeclaredMembership


@pytest.fixture
def organisation() -> Organisation:
    people = {
        "user:default/ada": Person("user:default/ada", "Ada Lovelace", {"ada"}, {"ada@corp.example"}),
        "user:default/bob": Person("user:default/bob", "Bob Stone", {"bob", "bobby"}),
        "user:default/chris": Person("user:default/chris", "Chris Jones", {"cjones"}),
        "user:default/chris2": Person("user:default/chris2", "Chris Jones", {"cj2"}),
    }
    team = Team("group:default/api", "api", members=[DeclaredMembership("group:default/api", "user:default/ada")])
    return Organisation(people, {"group:default/api": team})


def one(organisation: Organisation, name: str, email: str, *others: Author, **options: object) -> Identified:
    authors = [Author(name, email, 1), *others]
    return Resolver(organisation, **options).resolve_all(authors)[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "email", "person", "method"),
    [
        ("x", "123+ada@users.noreply.github.com", "ada", Method.NOREPLY),
        ("x", "ada@users.noreply.github.com", "ada", Method.NOREPLY),
        ("x", "77-bobby@users.noreply.gitlab.com", "bob", Method.NOREPLY),
        ("x", "ADA@corp.example", "ada", Method.DECLARED),
        ("Nick", "nick@old.example", "ada", Method.MAILMAP),
        ("Ada  LOVELACE", "a@b.example", "ada", Method.FULL_NAME),
        ("bobby", "b@b.example", "bob", Method.HANDLE),
        ("x", "bobby+git@b.example", "bob", Method.LOCAL_PART),
        ("Ada Lovelance", "z@b.example", "ada", Method.CLOSE_NAME),
    ],
)
def test_order_of_evidence(organisation: Organisation, name: str, email: str, person: str, method: Method) -> None:
    mailmap = Mailmap(b"# comment\nAda Lovelace <ada@corp.example> <nick@old.example>\n")
    found = one(organisation, name, email, mailmap=mailmap)
    assert (found.person, found.method) == (f"user:default/{person}", method)
    assert found.is_guess == (method is Method.CLOSE_NAME)
    assert found.evidence


def test_a_correction_beats_everything(organisation: Organisation) -> None:
    aliases, wrong = read_aliases(
        "# note\nbob = X <1+ada@users.noreply.github.com>\nbot = z@z.example\n- = o@o.example\nhm\n"
    )
    assert wrong == ["line 5: write LOGIN = Name <address>, found 'hm'"]
    found = one(organisation, "X", "1+ada@users.noreply.github.com", aliases=aliases)
    assert (found.person, found.method) == ("user:default/bob", Method.MANUAL)
    assert one(organisation, "Z", "z@z.example", aliases=aliases).kind is AuthorClass.BOT
    assert one(organisation, "Ada Lovelace", "o@o.example", aliases=aliases).kind is AuthorClass.OUTSIDER


def test_four_classes_stay_apart(organisation: Organisation) -> None:
    assert one(organisation, "x", "1+ada@users.noreply.github.com").kind is AuthorClass.MEMBER
    assert one(organisation, "x", "1+bob@users.noreply.github.com").kind is AuthorClass.MEMBER_WITHOUT_TEAM
    assert one(organisation, "x", "1+eve@users.noreply.github.com").kind is AuthorClass.OUTSIDER
    assert one(organisation, "x", "x@nowhere.example").kind is AuthorClass.UNRESOLVED


def test_a_name_of_two_people_links_nobody(organisation: Organisation) -> None:
    assert one(organisation, "Chris Jones", "c@x.example").kind is AuthorClass.UNRESOLVED


def test_names_are_learned_from_stronger_evidence(organisation: Organisation) -> None:
    known = Author("Robert Rock", "9+bob@users.noreply.github.com", 5)
    found = one(organisation, "Robert Rock", "rr@private.example", known)
    assert (found.person, found.method) == ("user:default/bob", Method.FULL_NAME)
    outsider = Author("Eve Other", "9+eve@users.noreply.github.com", 5)
    found = one(organisation, "Eve Other", "eve@private.example", outsider)
    assert (found.kind, found.key) == (AuthorClass.OUTSIDER, "login:eve")


def test_guesses_can_be_left_out(organisation: Organisation) -> None:
    assert one(organisation, "Ada Lovelance", "z@b.example", guess=False).kind is AuthorClass.UNRESOLVED


def test_logins_of_rules_are_people_without_an_organisation() -> None:
    found = one(Organisation(), "x", "1+dev@users.noreply.github.com", rule_logins=["dev"])
    assert (found.kind, found.key, found.login) == (AuthorClass.MEMBER, "login:dev", "dev")


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
        ("Copilot", "198982749+Copilot@users.noreply.github.com"),
        ("devin-ai-integration[bot]", "x@x.example"),
        ("${APP_SLUG}[bot]", "${APP_ID}+${APP_SLUG}[bot]@users.noreply.github.com"),
        ("$APP", "a@b.example"),
        ("Istio Automation", "istio-testing-bot@x.example"),
        ("Knative Automation", "a@b.example"),
        ("renovate", "a@b.example"),
        ("x", "noreply@anthropic.com"),
    ],
)
def test_bots(name: str, email: str) -> None:
    assert Bots()(name, email)


@pytest.mark.parametrize(
    "name", ["Bob Talbot", "Ada Abbott", "Robot Ic", "Claudette Smith", "Claude Dupont", "Botond Kiss"]
)
def test_people_that_sound_like_bots(name: str) -> None:
    assert not Bots()(name, "someone@corp.example")


def test_bots_by_patterns_of_an_organisation() -> None:
    bots = Bots(["Release Train*", "*@bots.example.com", "a*b*c"])
    assert bots("release-train 7", "x@y.example")
    assert bots("Anybody", "Deploy@Bots.Example.com")
    assert bots("aXXbYYc", "")
    assert not bots("the release train", "x@bots.example.com.evil.example")
    assert not bots("dependabot[bot]", "d@x.example"), "a list of one's own replaces the shipped one"
    assert not Bots([])("", "")
    assert not Bots(["[a-z]*", "(x+)+$"])("q", "")
    assert Bots(["(x+)+$"])("(X+)+$", ""), "nothing but the star is special"


def test_patterns_of_bots_take_linear_time() -> None:
    bots = Bots(["*a*a*a*a*a*a*a*b"] * 20)
    begin = time.perf_counter()
    for _ in range(200):
        assert not bots("a" * 100_000, "")
    assert time.perf_counter() - begin < 2


def test_the_rulebook_ships_the_bots_that_a_scan_uses() -> None:
    rules = defaults().contributions
    assert (rules.bots, rules.more_bots) == (shipped(), ())
    for wrong in ("*", "**", "a*", "x" * 201, "ab*********"):
        with pytest.raises(RulebookError, match="more_bots"):
            parse(f'[contributions]\nmore_bots = ["{wrong}"]\n')


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_author_is_answered(name: str, email: str) -> None:
    found = Resolver(Organisation(), mailmap=Mailmap(f"{name} <{email}>\n".encode("utf-8", "replace"))).resolve_all(
        [Author(name, email, 1)]
    )[0]
    assert found.key
    assert noreply_login(email) == noreply_login(email).lower()


def test_memberships_by_date_and_teams_that_own_each_other() -> None:
    org = Organisation()
    a, b = "group:default/a", "group:default/b"
    start = date(2024, 1, 1)
    org.teams = {
        a: Team(a, "a", parents={b}, members=[DeclaredMembership(a, "user:default/x", starts=start)]),
        b: Team(b, "b", parents={a}),
    }
    assert org.teams_of("user:default/x", date(2024, 1, 1)) == {a, b}
    assert org.teams_of("user:default/x", date(2023, 12, 31)) == set()
    assert org.above(a) == {b}
    org.nested = False
    assert org.teams_of("user:default/x", start) == {a}


def test_the_home_team_is_primary_or_smallest() -> None:
    org = Organisation()
    small, large = "group:default/z", "group:default/a"
    people = [f"user:default/p{n}" for n in range(5)]
    org.teams = {
        small: Team(small, "z", members=[DeclaredMembership(small, people[0])]),
        large: Team(large, "a", members=[DeclaredMembership(large, person) for person in people]),
    }
    assert org.home_team(people[0]) == small
    org = Organisation(teams=dict(org.teams))
    org.teams[large].members[0] = DeclaredMembership(large, people[0], primary=True)
    assert org.home_team(people[0]) == large
    assert org.home_team("user:default/nobody") is None


@pytest.mark.realdata
def test_the_organisations_of_istio_and_knative(shared_data: Path) -> None:
    istio = read_organisation([shared_data / "istio+community" / "org"])
    assert istio.team_named("@istio/wg-networking-maintainers") == "group:default/wg-networking-maintainers"
    assert len(istio.people) > 500
    knative = read_organisation([shared_data / "knative+community" / "peribolos" / "knative.yaml"])
    assert knative.team_named("@knative/client-reviewers") == "group:default/client-reviewers"


def test_classes_of_a_commit() -> None:
    assert classify([]) is Class.UNOWNED
    assert classify([True, True]) is Class.HOME
    assert classify([False]) is Class.AWAY
    assert classify([True, False]) is Class.MIXED


def test_windows() -> None:
    end = day("2024-03-31")
    assert back_from(end, "1mo") == day("2024-02-29")
    assert back_from(end, "12mo") == day("2023-03-31")
    assert back_from(end, "1y") == day("2023-03-31")
    assert back_from(end, "2w") == end - 14 * 86_400
    assert back_from(end, "all") is None
    assert back_from(end, "2024-01-01") == day("2024-01-01")
    assert back_from(0, "9999y") is None
    assert day("2024-01-01", end=True) == day("2024-01-02") - 1
    with pytest.raises(ValueError, match="no span"):
        back_from(end, "soon")
