import pytest

from awayteam.sources.declared import Declared
from awayteam.sources.ownership.backstage import Backstage, Place, places
from awayteam.sources.ownership.base import MemoryTree, Status, normal, shown
from awayteam.sources.ownership.detect import detect, resolver
from awayteam.sources.ownership.github import GitHub
from awayteam.sources.ownership.lint import lint


@pytest.mark.parametrize(
    ("contents", "names", "format"),
    [
        ({".github/CODEOWNERS": b"[Section]\n* @a"}, (), "github"),
        ({".gitlab/CODEOWNERS": b"* @a"}, (), "gitlab"),
        ({".gitea/CODEOWNERS": b"* @a"}, (), "gitea"),
        ({"CODEOWNERS": b"* @a"}, (), "github"),
        ({"CODEOWNERS": b"[Docs][2] @d\n* @a"}, (), "gitlab"),
        ({"CODEOWNERS": b"* @@maintainer"}, (), "gitlab"),
        ({"CODEOWNERS": b"* @a", ".gitlab-ci.yml": b""}, (), "gitlab"),
        ({"CODEOWNERS": b"* @a"}, (".gitlab-ci.yml", ".github/x"), "github"),
        ({"docs/CODEOWNERS": b"docs/.*\\\\.md @a"}, (), "gitea"),
        ({"OWNERS": b"approvers: [a]"}, (), "prow"),
        ({"a/OWNERS": b"a@x.org\n"}, (), "gerrit"),
        ({"MAINTAINERS": b"X\nM: a\nF:\ta/\n"}, (), "maintainers"),
        ({"MAINTAINERS": b"Ada <ada@x.org>\n"}, (), "github"),
        ({}, ("a",), "github"),
    ],
)
def test_detect(contents: dict[str, bytes], names: tuple[str, ...], format: str) -> None:
    assert detect(MemoryTree(contents, names)) == format


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="no format"):
        resolver(MemoryTree(), "svn")


def test_lint_names_dead_rules_and_unknown_owners() -> None:
    rules = b"* @org/everyone\n/Docs/ @org/docs\n/gone/ @ada\n/src/ @org/wg-user-experiences-maintainers\n"
    known = {"@org/everyone", "@org/docs", "@ada", "@org/wg-user-experience-maintainers"}
    findings = lint(GitHub(rules, "CODEOWNERS"), ["docs/a", "src/b"], known)
    assert [(f.line, f.code, f.suggestion) for f in findings] == [
        (2, "matches-nothing", "/docs/"),
        (3, "matches-nothing", ""),
        (4, "unknown-owner", "@org/wg-user-experience-maintainers"),
    ]


def test_backstage_nearest_folder_decides() -> None:
    entity = Declared(
        "component:default/api",
        "Component",
        "default",
        "api",
        {
            "metadata": {
                "annotations": {"backstage.io/source-location": "url:https://github.com/Org/Repo/tree/main/svc/api/"}
            }
        },
        owner="group:default/api-team",
        line=4,
    )
    found = places([("catalog-info.yaml", entity)], "org/repo")
    assert found == [Place("svc/api", "group:default/api-team", "component:default/api", "catalog-info.yaml", 4)]
    assert places([("catalog-info.yaml", entity)], "org/other") == []
    backstage = Backstage([*found, Place("", "group:default/all", "component:default/mono", "c.yaml", 1)])
    assert backstage.resolve("svc/api/x").owners == ("group:default/api-team",)
    assert backstage.resolve("svc/apiary").owners == ("group:default/all",)
    assert Backstage(found).resolve("x").status is Status.UNMATCHED


def test_paths_as_people_and_git_write_them() -> None:
    assert normal("./a/b") == normal(b"/a/b") == "a/b"
    assert normal(b"\xff") == "\udcff"
    assert shown("a\nb\udcff") == r"a\nb\\xff" or shown("a\nb\udcff") == "a\\nb\\xff"
