"""Whatever the way there, the same files give the same catalog."""

import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from awayteam.catalog import facets
from awayteam.catalog.models import Alias, Entity, FacetCount, Ownership, Presence
from awayteam.imports.tests.folder import Folder, component, cube_is_exact, group, index_is_exact, state, user
from awayteam.sources.models import Source

GROUPS = ("one", "two", "three")
SERVICES = ("orders", "stock", "web")
counter = itertools.count()

groups = st.builds(
    lambda name, parent, members: group(
        name, (f"parent: {parent}\n" if parent else "") + (f"members: [{', '.join(members)}]" if members else "")
    ),
    st.sampled_from(GROUPS),
    st.sampled_from(["", *GROUPS]),
    st.lists(st.sampled_from(["ada", "bob"]), max_size=2, unique=True),
)
users = st.builds(
    lambda name, teams, login: user(name, *teams, login=login),
    st.sampled_from(["ada", "bob"]),
    st.lists(st.sampled_from(GROUPS), max_size=2, unique=True),
    st.sampled_from(["", "x", "y"]),
)
services = st.builds(
    lambda name, owner, on, tags, title: component(
        name, owner, f"dependsOn: [{', '.join(f'component:{one}' for one in on if one != name)}]",
        (f"tags: [{', '.join(tags)}]\n" if tags else "") + (f"title: {title}" if title else ""),
    ),
    st.sampled_from(SERVICES),
    st.sampled_from(GROUPS),
    st.lists(st.sampled_from(SERVICES), max_size=2, unique=True),
    st.lists(st.sampled_from(["java", "go"]), max_size=2, unique=True),
    st.sampled_from(["", "A", "B"]),
)  # fmt: skip
documents = st.one_of(groups, users, services)


@st.composite
def versions_of_a_folder(draw: st.DrawFn) -> list[dict[str, str]]:
    """Folders in which every reference is declared by one document of one path, so that no claim is contested."""
    versions = []
    for _ in range(draw(st.integers(2, 4))):
        found = draw(st.lists(documents, min_size=1, max_size=6, unique_by=_name))
        files: dict[str, list[str]] = {}
        for text in found:
            files.setdefault(draw(st.sampled_from(["a.yaml", "b.yaml", "c/d.yaml"])), []).append(text)
        versions.append({path: "---\n".join(texts) for path, texts in files.items()})
    return versions


def _name(text: str) -> str:
    kind, name = text.split("kind: ")[1].split("\n")[0], text.split("name: ")[1].split("\n")[0]
    return f"{kind}:{name}"


def comparable(found: dict[str, Any], *, orphans: bool) -> dict[str, Any]:
    """What must be equal whatever the way. Orphans stay for the grace time, with the places and parents that they gave
    and with what only they name; who came first to a contested identity stays."""
    kept = ("edges", "tags") if orphans else ("edges", "tags", "members", "parents", "duplicates")
    present = {ref: row for ref, row in found["entities"].items() if row[0][6] == Presence.PRESENT}
    return {"present": present, **{name: found[name] for name in kept}}


@pytest.mark.django_db
@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(versions=versions_of_a_folder())
def test_any_way_to_a_version_ends_where_a_fresh_import_does(versions: list[dict[str, str]]) -> None:
    from django.db import transaction

    results = []
    for path in (versions, versions[-1:]):
        with tempfile.TemporaryDirectory() as place, transaction.atomic():
            folder = Folder(Path(place) / "repo", f"source {next(counter)}")
            for files in path:
                folder.replace(files)
                folder.load()
            orphans = Entity.objects.filter(presence=Presence.ORPHAN).exists()
            results.append((state(), orphans, set(Alias.objects.values_list("ref", flat=True))))
            _consistent()
            before = state()
            again = folder.load()
            assert (again.created, again.updated, again.orphaned) == (0, 0, 0)
            assert state() == before
            transaction.set_rollback(True)
    (walked, orphans, aliases), (fresh, _, _) = results
    walked, fresh = comparable(walked, orphans=orphans), comparable(fresh, orphans=orphans)
    if aliases:  # a former name leads to its entity, where a fresh import would find something missing
        walked = {"present": walked["present"].keys(), "tags": walked["tags"]}
        fresh = {"present": fresh["present"].keys(), "tags": fresh["tags"]}
    assert walked == fresh


def _consistent() -> None:
    assert cube_is_exact()
    assert index_is_exact()
    for entity in Entity.objects.exclude(owner=None).exclude(presence=4):
        assert list(Ownership.objects.filter(entity=entity, ends=None).values_list("owner_id", flat=True)) == [
            entity.owner_id
        ], entity.ref
    assert Source.objects.count() == 1


@pytest.mark.django_db
def test_the_cube_can_be_counted_anew(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", group("one"), component("orders"))
    folder.load()
    FacetCount.objects.all().delete()
    facets.rebuild()
    assert cube_is_exact()
    assert index_is_exact()
