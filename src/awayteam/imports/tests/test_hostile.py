"""What bad input gets: a clear error for that document, while the rest loads."""

import os
from pathlib import Path

import pytest

from awayteam.catalog.models import Entity, Presence
from awayteam.imports.tests.folder import Folder, component, cube_is_exact, entity, get, index_is_exact
from awayteam.sources.models import SourceFile

pytestmark = pytest.mark.django_db

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
BAD = {
    "bomb.yaml": b"apiVersion: backstage.io/v1alpha1\nkind: Component\n" + BOMB.encode(),
    "twice.yaml": component("twice").replace("spec:", "kind: API\nspec:").encode(),
    "tab.yaml": b"apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n\tname: x\n",
    "latin.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: é}".encode("latin-1"),
    "half.yaml": component("half").encode()[:70] + b"\n  'open",
    "list.yaml": b"# backstage.io/v1alpha1\n- apiVersion: backstage.io/v1alpha1\n- kind: Component\n",
    "long.yaml": component("x" * 64).encode(),
    "self.yaml": component("self", more="dependsOn: [dep]").encode(),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_an_error_and_its_neighbours_load(tmp_path: Path, name: str) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("good.yaml", component("orders"))
    (folder.root / f"catalog-info-{name}").write_bytes(BAD[name])
    result = folder.load()
    assert [error["file"] for error in result.errors] == [f"catalog-info-{name}"] * len(result.errors)
    assert result.errors
    assert all(error["message"] and error["line"] for error in result.errors)
    assert get("component:default/orders").presence == Presence.PRESENT
    again = folder.load()
    assert (again.errors, again.created, again.updated) == (result.errors, 0, 0)


def test_odd_values_reach_the_database_or_an_error(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    odd = '{"apiVersion": "backstage.io/v1alpha1", "kind": "Component", "metadata": {"name": "odd", '
    odd += '"title": "a\\u0000b", "x": "\\ud800", "n": 123456789012345678901234567890, "f": 1e999}, '
    odd += '"spec": {"type": "service", "lifecycle": "x", "owner": "one", "deep": ' + "[" * 60 + "]" * 60 + "}}"
    folder.write("catalog-info.json.yaml", odd)
    folder.write(
        "b.yaml", component("orders", metadata=f"title: {'é' * 400}\ntags: [{', '.join(f't{n}' for n in range(200))}]")
    )
    result = folder.load()
    assert get("component:default/orders").title == "é" * 300
    assert result.errors or Entity.objects.filter(ref="component:default/odd").exists()
    assert cube_is_exact()
    assert index_is_exact()


def test_ten_thousand_documents_in_a_file(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("all.yaml", *(component(f"s{n}") for n in range(10_000)), "broken: [")
    result = folder.load()
    assert result.entities == {"Component": 10_000}
    assert [error["document"] for error in result.errors] == [10_000]
    folder.write("all.yaml", component("first"), *(component(f"s{n}") for n in range(10_000)))
    result = folder.load()
    assert (result.created, result.updated, result.unchanged, result.errors) == (1, 0, 10_000, [])
    assert get("component:default/s0").line == 10


def test_links_out_of_the_folder_and_circles_of_locations(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    (tmp_path / "secret.yaml").write_text(component("secret"))
    os.symlink(tmp_path / "secret.yaml", folder.root / "catalog-info.yaml")
    folder.write("l1.yaml", entity("Location", "l1", "targets: [./l2.yaml, ../secret.yaml]"))
    folder.write("l2.yaml", entity("Location", "l2", "targets: [./l1.yaml]"))
    folder.write("d.yaml", component("orders", more="x: {$text: ../secret.yaml}"))
    result = folder.load()
    assert not Entity.objects.filter(name="secret").exists()
    said = " ".join(error["message"] for error in result.errors)
    assert "symbolic link" in said
    assert "circle" in said
    assert "leads out of the source" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_keeps_its_last_good_version(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", component("orders"))
    folder.load()
    folder.write("a.yaml", component("orders", metadata="title: New"))
    (folder.root / "a.yaml").chmod(0)
    assert folder.load().orphaned == 0
    assert not SourceFile.objects.get().good


def test_a_file_that_grew_too_large_keeps_its_last_good_version(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "repo")
    folder.write("a.yaml", component("orders"))
    folder.load()
    with (folder.root / "a.yaml").open("a") as file:
        file.truncate(100 * 1024 * 1024)
    result = folder.load()
    assert (result.orphaned, len(result.errors)) == (0, 1)
    assert "MiB" in result.errors[0]["message"]
    assert get("component:default/orders").presence == Presence.PRESENT
    assert not SourceFile.objects.get().good
