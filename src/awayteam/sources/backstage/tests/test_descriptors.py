"""Descriptors, by the catalog's specification, and what breaks in them."""

from typing import Any

import pytest
import yaml

from awayteam.sources import backstage
from awayteam.sources.context import Context, Fetched, UnreachableError
from awayteam.sources.declared import Declared, DeclaredMembership, Identity, Reading, RelationType


def entity(kind: str = "Component", spec: Any = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "orders", **metadata},
        "spec": {"type": "service", "lifecycle": "production", "owner": "team-a"} if spec is None else spec,
    }


def read(*documents: Any, context: Context | None = None) -> Reading:
    return backstage.read("catalog-info.yaml", yaml.safe_dump_all(documents, sort_keys=False).encode(), context)


def good(*documents: Any, context: Context | None = None) -> Declared:
    reading = read(*documents, context=context)
    assert reading.problems == ()
    return reading.declared[0]


def bad(document: Any, context: Context | None = None) -> str:
    reading = read(document, context=context)
    assert reading.declared == ()
    assert reading.problems
    assert all(problem.file == "catalog-info.yaml" and problem.line for problem in reading.problems)
    return "\n".join(problem.message for problem in reading.problems)


def with_files(files: dict[str, bytes]) -> Context:
    def fetch(base: str, target: str) -> Fetched:
        if target not in files:
            raise UnreachableError(f"there is no file {target}")
        return Fetched(target, files[target])

    return Context(fetch)


# --- what is right ----------------------------------------------------------------------------------------------------


def test_a_component_in_full() -> None:
    found = good(
        entity(
            spec={
                "type": "service",
                "lifecycle": "production",
                "owner": "user:guest",
                "system": "Shop",
                "subcomponentOf": "other/core",
                "providesApis": ["orders-api"],
                "implementsApis": [{"kind": "API", "name": "Old"}],
                "consumesApis": ["other/Prices", "other/prices"],
                "dependsOn": ["resource:db"],
                "dependencyOf": ["component:web"],
                "extra": {"kept": True},
            },
            namespace="Shop",
            title="Orders",
            description="Takes orders",
            tags=["java", "c++", "tier:1"],
            labels={"example.com/tier": "one", "empty": ""},
            annotations={"awayteam/restricted": "true", "awayteam/aliases": "old-orders, component:default/orders"},
            links=[{"url": "https://example.com", "title": "Home"}],
        )
    )
    me = "component:shop/orders"
    assert (found.ref, found.kind, found.namespace, found.name) == (me, "Component", "shop", "orders")
    assert (found.title, found.description, found.type, found.lifecycle) == (
        "Orders", "Takes orders", "service", "production",
    )  # fmt: skip
    assert (found.owner, found.system) == ("user:shop/guest", "system:shop/shop")
    assert found.tags == ("java", "c++", "tier:1")
    assert found.restricted
    assert found.aliases == ("component:shop/old-orders", "component:default/orders")
    assert found.relations == (
        (RelationType.OWNED_BY, me, "user:shop/guest"),
        (RelationType.PART_OF, me, "system:shop/shop"),
        (RelationType.PART_OF, me, "component:other/core"),
        (RelationType.PROVIDES_API, me, "api:shop/orders-api"),
        (RelationType.PROVIDES_API, me, "api:shop/old"),
        (RelationType.CONSUMES_API, me, "api:other/prices"),
        (RelationType.DEPENDS_ON, me, "resource:shop/db"),
        (RelationType.DEPENDS_ON, "component:shop/web", me),
    )
    assert found.document["spec"]["extra"] == {"kept": True}


@pytest.mark.parametrize(
    ("kind", "spec", "relations"),
    [
        ("System", {"owner": "a", "domain": "d"}, [("PART_OF", "system:default/orders", "domain:default/d")]),
        ("Domain", {"owner": "a", "subdomainOf": "d"}, [("PART_OF", "domain:default/orders", "domain:default/d")]),
        (
            "Resource",
            {"owner": "a", "type": "db", "dependsOn": ["api:x"]},
            [("DEPENDS_ON", "resource:default/orders", "api:default/x")],
        ),
        (
            "Group",
            {"type": "team", "children": ["kid"], "parent": "top", "members": ["ann"]},
            [
                ("CHILD_OF", "group:default/orders", "group:default/top"),
                ("CHILD_OF", "group:default/kid", "group:default/orders"),
                ("MEMBER_OF", "user:default/ann", "group:default/orders"),
            ],
        ),
        ("User", {"memberOf": ["a"]}, [("MEMBER_OF", "user:default/orders", "group:default/a")]),
    ],
)  # fmt: skip
def test_relations_are_stored_in_one_direction(kind: str, spec: Any, relations: list[tuple[str, str, str]]) -> None:
    found = [(t.name, s, o) for t, s, o in good(entity(kind, spec)).relations if t is not RelationType.OWNED_BY]
    assert found == relations


def test_people_and_teams() -> None:
    user = good(
        entity(
            "User",
            {
                "profile": {"displayName": "Ann", "email": "ann@example.com", "picture": "https://e.x/p"},
                "memberOf": ["a"],
            },
            annotations={
                "github.com/user-login": "@ann",
                "gitlab.com/user-login": "ann2",
                "git.example.com/user-login": "a",
            },
        )
    )
    assert user.title == "Ann"
    assert user.facts == {"email": "ann@example.com", "display_name": "Ann", "picture": "https://e.x/p"}
    assert user.identities == (
        Identity("github", "ann"), Identity("gitlab", "ann2"), Identity("git.example.com", "a"),
        Identity("email", "ann@example.com"),
    )  # fmt: skip
    assert user.memberships == (DeclaredMembership("group:default/a", "user:default/orders"),)
    group = good(
        entity(
            "Group", {"type": "Business Unit", "children": []}, title="T", annotations={"github.com/team-slug": "org/t"}
        )
    )
    assert group.facts == {"is_unit": True, "forge_teams": {"github": "org/t"}}
    assert good(entity("Group", {"type": "squad", "children": []})).facts == {"is_unit": False}


def test_unknown_kinds_and_fields_are_kept() -> None:
    found = good(
        {**entity("Robot", {"owner": "team-a", "dependsOn": ["resource:x"], "legs": 4}), "apiVersion": "example.com/v7"}
    )
    assert (found.kind, found.owner, found.document["spec"]["legs"]) == ("Robot", "group:default/team-a", 4)
    odd = read({**entity("Robot", {"dependsOn": ["bare"], "owner": 3}), "apiVersion": "example.com/v7"})
    assert len(odd.declared) == 1
    assert len(odd.problems) == 2


def test_api_operations() -> None:
    text = "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n  /orders:\n    get: {deprecated: true}\n"
    found = good(entity("API", {"type": "openapi", "lifecycle": "x", "owner": "a", "definition": text}))
    assert found.operations is not None
    assert [(each.key, each.deprecated) for each in found.operations] == [("GET /orders", True)]


def test_a_broken_definition_costs_only_its_operations() -> None:
    reading = read(entity("API", {"type": "openapi", "lifecycle": "x", "owner": "a", "definition": "{: broken"}))
    assert len(reading.declared) == 1
    assert reading.problems[0].entity == "api:default/orders"
    assert reading.problems[0].message.startswith("definition: ")


def test_locations() -> None:
    reading = read(
        entity("Location", {"target": "./a.yaml", "targets": ["b/*.yaml", "https://e.x/c"], "presence": "optional"})
    )
    assert [(t.target, t.line, t.required) for t in reading.targets] == [
        ("./a.yaml", 6, False), ("b/*.yaml", 8, False), ("https://e.x/c", 9, False),
    ]  # fmt: skip
    assert reading.declared[0].kind == "Location"
    assert read(entity("Location", {})).problems == ()
    assert "a target is a text" in read(entity("Location", {"targets": [3]})).problems[0].message
    assert "can't be read; use file or url" in read(entity("Location", {"type": "s3"})).problems[0].message


# --- substitution -----------------------------------------------------------------------------------------------------


def test_substitution_at_any_depth() -> None:
    context = with_files(
        {"a.txt": b"text\n", "b.json": b'{"x": [1]}', "c.yaml": b"y: {z: yes}\n", "d.txt": "ü".encode()}
    )
    spec = {
        "type": "openapi", "lifecycle": "x", "owner": "a", "definition": {"$text": "a.txt"},
        "deep": [{"er": {"$json": "b.json"}}, {"$yaml": "c.yaml"}, {"$text": "d.txt"}],
        "ref": {"$ref": "#/x"}, "two": {"$text": "absent", "other": {"$text": "absent"}}, "number": {"$text": 3},
    }  # fmt: skip
    reading = read(entity("API", spec), context=context)
    found = reading.declared[0].document["spec"]
    assert found["definition"] == "text\n"
    assert found["deep"] == [{"er": {"x": [1]}}, {"y": {"z": "yes"}}, "ü"]
    assert found["ref"] == {"$ref": "#/x"}
    assert found["two"] == {"$text": "absent", "other": {"$text": "absent"}}
    assert found["number"] == {"$text": 3}
    assert reading.embedded == ("a.txt", "b.json", "c.yaml", "d.txt")


@pytest.mark.parametrize(
    ("key", "content", "message"),
    [
        ("$yaml", b"a: 1\n---\nb: 2\n", "holds 2 documents"),
        ("$yaml", b"a: [", "can't be read in line"),
        ("$yaml", b"", "holds 0 documents"),
        ("$json", b"{", "isn't JSON"),
        ("$text", b"caf\xe9", "save the file as UTF-8"),
        ("$text", b"a\x00b", "U\\+0000"),
        ("$text", None, "there is no file f"),
    ],
)
def test_a_failing_substitution_is_an_error_of_its_entity(key: str, content: bytes | None, message: str) -> None:
    context = with_files({} if content is None else {"f": content})
    reading = read(entity(deep=[{"x": {key: "f"}}]), entity(name="other"), context=context)
    assert [each.name for each in reading.declared] == ["other"]
    assert len(reading.problems) == 1
    assert reading.problems[0].entity == "component:default/orders"
    assert reading.problems[0].line == 7
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(reading.problems[0].message)


def test_substitutions_add_up_to_a_bound() -> None:
    context = with_files({"big": b"x" * (20 * 1024 * 1024)})
    reading = read(*[entity(name=f"n{n}", x={"$text": "big"}) for n in range(5)], context=context)
    assert len(reading.declared) == 3
    assert "adds up to more than 64 MiB" in reading.problems[0].message


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metadata",
    [
        {"name": "a"}, {"name": "A-b_c.D9"}, {"name": "x" * 63}, {"namespace": "Team-A"}, {"namespace": "n" * 63},
        {"labels": {"a" * 63: "b" * 63}}, {"labels": {"d" * 253 + "/k": "v"}}, {"annotations": {"a.b/c": "any é text"}},
        {"tags": ["t" * 63]}, {"links": []}, {"labels": None, "tags": None}, {"title": "x" * 5000},
    ],
)  # fmt: skip
def test_names_at_their_limits(metadata: dict[str, Any]) -> None:
    good(entity(**metadata))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"name": "x" * 64}, "metadata.name can't be"), ({"name": "-a"}, "metadata.name can't be '-a'"),
        ({"name": "a-"}, "metadata.name"), ({"name": ""}, "metadata.name"),
        ({"name": None}, "metadata.name is missing"),
        ({"name": 3}, "metadata.name can't be 3"), ({"name": "a b"}, "metadata.name"), ({"name": "é"}, "metadata.name"),
        ({"name": "a\n"}, "metadata.name"), ({"name": "${{ values.name }}"}, "template's skeleton"),
        ({"namespace": "a_b"}, "metadata.namespace"), ({"namespace": "n" * 64}, "metadata.namespace"),
        ({"namespace": "a--b"}, "metadata.namespace"), ({"namespace": ["a"]}, "metadata.namespace can't be a list"),
        ({"labels": {"a": "b c"}}, "the label 'a' can't be 'b c'"), ({"labels": {"a": 1}}, "the label 'a' can't be 1"),
        ({"labels": {"a/b/c": "x"}}, "can't be a key"), ({"labels": {"d" * 254 + "/k": "v"}}, "can't be a key"),
        ({"labels": {"a" * 64: "x"}}, "can't be a key"), ({"labels": ["a"]}, "metadata.labels can't be a list"),
        ({"annotations": {"a": True}}, "the annotation 'a' can't be true"),
        ({"annotations": {"a": None}}, "is missing"),
        ({"annotations": "x"}, "metadata.annotations can't be 'x'"), ({"annotations": {"": "x"}}, "can't be a key"),
        ({"tags": ["Java"]}, "this tag can't be 'Java'"), ({"tags": ["a--b"]}, "this tag"),
        ({"tags": "a"}, "write a list"),
        ({"tags": ["t" * 64]}, "this tag"), ({"tags": [1]}, "this tag can't be 1"),
        ({"links": [{"title": "x"}]}, "the url of this link is missing"), ({"links": ["x"]}, "this link can't be"),
        ({"links": [{"url": "x", "icon": 3}]}, "the icon of this link"), ({"links": {}}, "metadata.links"),
        ({"title": 3}, "metadata.title can't be 3"), ({"description": ["x"]}, "metadata.description can't be a list"),
    ],
)  # fmt: skip
def test_names_beyond_their_limits(metadata: dict[str, Any], message: str) -> None:
    assert message in bad(entity(**metadata))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"apiVersion": None}, "apiVersion is missing; write backstage.io/v1alpha1"),
        ({"apiVersion": "backstage.io/v9"}, "apiVersion of a component can't be 'backstage.io/v9'"),
        ({"apiVersion": 1}, "apiVersion can't be 1"), ({"apiVersion": "a/b/c"}, "apiVersion can't be"),
        ({"kind": None}, "kind is missing"), ({"kind": "a-b"}, "kind can't be 'a-b'"),
        ({"kind": "K" * 64}, "kind can't"),
        ({"kind": "1a"}, "kind can't be"), ({"metadata": None}, "metadata is missing"),
        ({"metadata": []}, "metadata can't be"),
        ({"spec": []}, "spec can't be a list"), ({"spec": None}, "spec.type is missing"),
    ],
)  # fmt: skip
def test_the_envelope(change: dict[str, Any], message: str) -> None:
    assert message in bad({**entity(), **change})


@pytest.mark.parametrize(
    ("kind", "spec", "message"),
    [
        ("Component", {"type": "a", "lifecycle": "b"}, "spec.owner is missing"),
        ("Component", {"type": "a", "owner": "b"}, "spec.lifecycle is missing"),
        ("Component", {"type": " ", "lifecycle": "x", "owner": "b"}, "spec.type is empty"),
        ("Component", {"type": 1, "lifecycle": "x", "owner": "b"}, "spec.type is a number"),
        ("Component", {"type": "a", "lifecycle": "b", "owner": "c", "dependsOn": ["bare"]}, "names no kind"),
        ("Component", {"type": "a", "lifecycle": "b", "owner": "c", "dependsOn": "api:x"}, "write a list"),
        ("Component", {"type": "a", "lifecycle": "b", "owner": "c", "dependencyOf": ["x"]}, "names no kind"),
        ("Component", {"type": "a", "lifecycle": "b", "owner": "c:"}, "has an empty name"),
        ("Component", {"type": "a", "lifecycle": "b", "owner": ["c"]}, "spec.owner"),
        ("API", {"type": "a", "lifecycle": "b", "owner": "c"}, "spec.definition is missing"),
        ("API", {"type": "a", "lifecycle": "b", "owner": "c", "definition": {"a": 1}}, "spec.definition is"),
        ("Resource", {"owner": "a"}, "spec.type is missing"),
        ("System", {}, "spec.owner is missing"),
        ("Domain", {"owner": ""}, "spec.owner is empty"),
        ("Group", {"type": "team"}, "spec.children is missing; write a list, [] where empty"),
        ("Group", {"children": []}, "spec.type is missing"),
        ("Group", {"type": "t", "children": [], "profile": "x"}, "spec.profile"),
        ("User", {"memberOf": "a"}, "spec.memberOf"),
    ],
)
def test_specs(kind: str, spec: dict[str, Any], message: str) -> None:
    assert message in bad(entity(kind, spec))


def test_relations_to_itself_are_left_out_with_a_remark() -> None:
    spec = {"type": "a", "lifecycle": "b", "owner": "c", "dependsOn": ["component:orders", "component:other"]}
    reading = read(entity(spec=spec))
    assert [target for _, _, target in reading.declared[0].relations] == ["group:default/c", "component:default/other"]
    assert "names the entity itself" in reading.problems[0].message
    assert reading.problems[0].line == 10
    group = read(entity("Group", {"type": "t", "children": ["orders"], "parent": "orders"}))
    assert group.declared[0].relations == ()
    assert len(group.problems) == 2


def test_neighbours_of_a_bad_document_load() -> None:
    data = (
        b"apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: a}\nspec: {owner: x}\n"
        b"---\nkind: [\n---\n- list\n---\ntext\n---\n\n---\n"
        b"apiVersion: backstage.io/v1alpha1\nkind: System\nmetadata: {name: b}\nspec: {owner: x}\n"
    )
    reading = backstage.read("f.yaml", data)
    assert [(each.name, each.document_index, each.line) for each in reading.declared] == [("a", 0, 1), ("b", 5, 14)]
    assert [(each.document, each.line) for each in reading.problems] == [(1, 7), (2, 8), (3, 10)]


def test_faults_of_one_document_are_bounded() -> None:
    reading = read(entity(tags=["A"] * 500))
    assert len(reading.problems) == 21
    assert "480 more faults" in reading.problems[-1].message


def test_recognition() -> None:
    assert backstage.recognises("x/catalog-info-teams.yml", b"kind: Deployment\n")
    assert backstage.recognises("a.yaml", b"# head\n---\napiVersion: v1\n---\napiVersion: backstage.io/v1alpha1\n")
    assert backstage.recognises("a.yaml", b"apiVersion: 'scaffolder.backstage.io/v1beta3'\n")
    assert backstage.recognises("a.json", b'{"apiVersion": "backstage.io/v1alpha1"}')
    assert not backstage.recognises("a.yaml", b"apiVersion: v1\nkind: Service\n# backstage.io/\n")
    assert not backstage.recognises("a.yaml", b"apiVersion: evilbackstage.io/v1\n")
    assert not backstage.recognises("catalog-info.yaml", b"metadata:\n  name: ${{ values.name }}\n")
