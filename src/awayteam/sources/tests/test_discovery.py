"""Finding and reading the files of whole sources."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from awayteam.sources import parsing
from awayteam.sources.context import UnreachableError
from awayteam.sources.declared import Problem
from awayteam.sources.discovery import Discovery, Found, Remembered
from awayteam.sources.formats import FORMATS
from awayteam.sources.readers import FolderReader, GitReader, open_source

HEAD = "apiVersion: backstage.io/v1alpha1\n"
OPENAPI = "openapi: 3.0.0\ninfo: {title: Orders, version: '1'}\npaths:\n  /orders:\n    get: {summary: All}\n"
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n"


OUTSIDE = ("../../secret.txt", "/etc/hostname", "../link.txt", "https://e.x/a", "file:///etc/hostname", "../absent")


def system(name: str) -> str:
    return f"{HEAD}kind: System\nmetadata:\n  name: {name}\nspec:\n  owner: team-a\n"


def location(name: str, *targets: str, presence: str = "required") -> str:
    items = "".join(f"    - {target}\n" for target in targets)
    return f"{HEAD}kind: Location\nmetadata:\n  name: {name}\nspec:\n  presence: {presence}\n  targets:\n{items}"


def api(definition: str) -> str:
    return (
        f"{HEAD}kind: API\nmetadata:\n  name: orders\n"
        f"spec:\n  type: openapi\n  lifecycle: x\n  owner: a\n  definition:\n    $text: {definition}\n"
    )


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def refs(found: Iterable[Found]) -> list[str]:
    return sorted(each.ref for file in found if file.reading for each in file.reading.declared)


def remember(found: Iterable[Found]) -> dict[str, Remembered]:
    return {
        each.path: Remembered(each.hash, each.format, dict(each.needs), each.reading.targets)
        for each in found
        if each.reading
    }


def test_every_recognised_file_and_no_other(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "catalog-info.yaml": system("a") + "---\n" + DEPLOYMENT,
            "deploy/web.yaml": DEPLOYMENT,
            "deploy/mixed.yaml": DEPLOYMENT + "---\n" + system("b"),
            "values.yaml": "replicas: 3\n",
            "package.json": "{}",
            "api/openapi.yaml": OPENAPI,
            "node_modules/x/catalog-info.yaml": system("no"),
            "skeleton/catalog-info.yaml": "metadata:\n  name: ${{ values.name }}\n",
            "notes.txt": system("no"),
        },
    )
    discovery = Discovery(FolderReader(tmp_path))
    found = list(discovery)
    assert [each.path for each in found] == ["catalog-info.yaml", "deploy/mixed.yaml", "api/openapi.yaml"]
    assert refs(found) == ["api:default/orders", "deployment:default/web", "deployment:default/web",
                           "system:default/a", "system:default/b"]  # fmt: skip
    assert discovery.problems == []


def test_what_is_asked_for_is_taken(tmp_path: Path) -> None:
    write(tmp_path, {"deploy/web.yaml": DEPLOYMENT, "catalog-info.yaml": system("a"), "x.txt": "text"})
    assert refs(Discovery(FolderReader(tmp_path), ["deploy/*.yaml"])) == ["deployment:default/web"]
    assert refs(Discovery(open_source(str(tmp_path / "deploy/web.yaml")))) == ["deployment:default/web"]
    (text,) = Discovery(FolderReader(tmp_path), ["x.txt"])
    assert text.reading is not None
    assert "no format takes this file" in text.reading.problems[0].message
    with pytest.raises(ValueError, match="is no glob within the source"):
        list(Discovery(FolderReader(tmp_path), ["../*"]))


def test_locations_are_followed_and_files_read_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "catalog-info.yaml": location(
                "all", "./teams/*.yaml", "deploy/web.yaml", "./catalog-info.yaml", "more/x.yaml"
            ),
            "teams/a.yaml": system("a"),
            "deploy/web.yaml": DEPLOYMENT,
            "more/x.yaml": location("more", "../deploy/*.yaml", "gone.yaml"),
            "more/y.yaml": location("optional", "gone.yaml", "gone/*.yaml", presence="optional"),
        },
    )
    discovery = Discovery(FolderReader(tmp_path))
    found = list(discovery)
    assert sorted(each.path for each in found) == [
        "catalog-info.yaml", "deploy/web.yaml", "more/x.yaml", "more/y.yaml", "teams/a.yaml",
    ]  # fmt: skip
    assert "deployment:default/web" in refs(found)
    assert [(each.file, each.line, each.message.partition(";")[0]) for each in discovery.problems] == [
        ("more/x.yaml", 9, "Location: gone.yaml doesn't exist"),
        ("catalog-info.yaml", 10, "Location: this goes in a circle: catalog-info.yaml -> catalog-info.yaml"),
    ]


def test_cyclic_locations(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.yaml": location("a", "b.yaml"), "b.yaml": location("b", "c/c.yaml"), "c/c.yaml": location("c", "../a.yaml"),
         "d.yaml": location("d", "./*.yaml")},
    )  # fmt: skip
    discovery = Discovery(FolderReader(tmp_path))
    assert len(refs(discovery)) == 4
    assert [each.file for each in discovery.problems] == ["c/c.yaml"]
    assert "a.yaml -> b.yaml -> c/c.yaml -> a.yaml" in discovery.problems[0].message


def test_locations_that_lead_astray(tmp_path: Path) -> None:
    write(
        tmp_path / "top",
        {
            "catalog-info.yaml": location(
                "x", "../secret.yaml", "/etc/hostname", "https://e.x/c.yaml", "out.yaml", "../*.yaml"
            )
        },
    )
    write(tmp_path, {"secret.yaml": system("secret")})
    (tmp_path / "top" / "out.yaml").symlink_to("../secret.yaml")
    discovery = Discovery(FolderReader(tmp_path / "top"))
    assert refs(discovery) == ["location:default/x"]
    messages = " ".join(each.message for each in discovery.problems)
    assert messages.count("leads out of the source") == 3
    assert "https://e.x/c.yaml is elsewhere" in messages
    assert "out.yaml doesn't exist" in messages
    assert "isn't followed" in messages


def test_long_chains_of_locations(tmp_path: Path) -> None:
    write(tmp_path, {f"l{n}.txt.yaml": location(f"l{n}", f"l{n + 1}.txt.yaml") for n in range(30)})
    discovery = Discovery(FolderReader(tmp_path), ["l0.txt.yaml"])
    assert len(refs(discovery)) == 21
    assert "lead on more than 20 times" in discovery.problems[0].message


def test_what_is_embedded_is_not_imported_again(tmp_path: Path) -> None:
    write(tmp_path, {"catalog-info.yaml": api("./openapi.yaml"), "openapi.yaml": OPENAPI, "z/openapi.yaml": OPENAPI})
    found = list(Discovery(FolderReader(tmp_path)))
    assert [each.path for each in found] == ["catalog-info.yaml", "z/openapi.yaml"]
    assert list(found[0].needs) == ["openapi.yaml"]
    assert found[0].reading is not None
    assert found[0].reading.declared[0].operations is not None


def test_substitution_never_leaves_the_source(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "secret"})
    top = write(
        tmp_path / "top",
        {f"{n}/catalog-info.yaml": api(target) for n, target in enumerate(OUTSIDE)},
    )
    (top / "link.txt").symlink_to("../secret.txt")
    write(
        top,
        {"good.yaml": HEAD + "kind: System\nmetadata:\n  name: s\nspec:\n  owner: a\n  x:\n    $text: 0/../ok.txt\n"},
    )
    write(top, {"ok.txt": "fine"})
    subprocess.run(["git", "init", "-q"], cwd=top, check=True)
    subprocess.run(["git", "add", "."], cwd=top, check=True)
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, "commit", "-q", "-m", "All"], cwd=top, check=True)
    for kind in (FolderReader, GitReader):
        with kind(top) as reader:
            found = list(Discovery(reader))
        problems = [each for file in found if file.reading for each in file.reading.problems]
        assert len(problems) == 6
        assert all(each.entity == "api:default/orders" and each.line == 10 for each in problems)
        assert "secret" not in str([file.reading for file in found if file.reading and file.reading.declared])
        assert refs(found) == ["system:default/s"]
        (good,) = [file.reading.declared[0] for file in found if file.reading and file.reading.declared]
        assert good.document["spec"]["x"] == "fine"


def test_allowed_hosts(tmp_path: Path) -> None:
    def fetch_url(url: str) -> bytes:
        if "allowed" in url:
            return OPENAPI.encode()
        raise UnreachableError(f"{url} isn't allowed")

    write(tmp_path, {"a/catalog-info.yaml": api("https://allowed/x"), "b/catalog-info.yaml": api("https://other/x")})
    found = list(Discovery(FolderReader(tmp_path), fetch_url=fetch_url))
    assert found[0].reading is not None
    assert found[0].reading.embedded == ()
    assert found[0].reading.declared[0].operations
    assert found[1].reading is not None
    assert "isn't allowed" in found[1].reading.problems[0].message


@pytest.mark.parametrize("kind", [FolderReader, GitReader])
def test_what_is_unchanged_is_not_read_again(tmp_path: Path, kind: type[FolderReader | GitReader]) -> None:
    files = {
        "catalog-info.yaml": location("x", "deploy/web.yaml"), "deploy/web.yaml": DEPLOYMENT, "api.yaml": api("o.yaml"),
        "o.yaml": OPENAPI, "alone/openapi.yaml": OPENAPI.replace("Orders", "Alone"),
    }  # fmt: skip
    write(tmp_path, files)

    def commit() -> None:
        for args in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=A", "-c", "user.email=a@e.x", "commit", "-qm", "x"],
        ):
            subprocess.run(["git", *args], cwd=tmp_path, check=True)

    commit()
    with kind(tmp_path) as reader:
        first = list(Discovery(reader))
        memory = remember(first)
        again = list(Discovery(reader, remembered=memory))
    assert sorted(each.path for each in again) == sorted(memory)
    assert all(each.reading is None and each.hash == memory[each.path].hash for each in again)
    assert {each.path: each.format for each in again} == {path: old.format for path, old in memory.items()}
    write(tmp_path, {"o.yaml": OPENAPI.replace("/orders", "/others"), "new/catalog-info.yaml": system("new")})
    commit()
    with kind(tmp_path) as reader:
        third = {each.path: each for each in Discovery(reader, remembered=memory)}
    assert {path for path, each in third.items() if each.reading} == {"api.yaml", "new/catalog-info.yaml"}


def test_several_processes_find_the_same_in_the_same_order(tmp_path: Path) -> None:
    write(tmp_path, {f"{n // 40}/{n}/catalog-info.yaml": system(f"s{n}") for n in range(200)})
    told: list[tuple[int, int | None, str]] = []
    one = list(Discovery(FolderReader(tmp_path), progress=lambda *args: told.append(args)))
    two = list(Discovery(FolderReader(tmp_path), workers=2))
    assert one == two
    assert len(one) == 200
    assert told[-1][:2] == (200, 200)


def test_hostile_files_leave_their_neighbours(tmp_path: Path) -> None:
    write(tmp_path, {"good/catalog-info.yaml": system("good"),
                     "half/catalog-info.yaml": system("half")[:-20] + "\n  x: [",
                     "tab/catalog-info.yaml": HEAD + "kind:\tSystem\nmetadata:\n\tname: x\n",
                     "many/catalog-info.yaml": "---\n".join(system(f"m{n}") for n in range(10_000))})  # fmt: skip
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin/catalog-info.yaml").write_bytes(system("x").encode() + b"  description: caf\xe9\n")
    (tmp_path / "big").mkdir()
    with (tmp_path / "big/catalog-info.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    found = {each.path: each for each in Discovery(FolderReader(tmp_path))}
    assert len(refs(found.values())) == 10_001

    def message(path: str) -> str:
        reading = found[path].reading
        assert reading is not None
        (problem,) = reading.problems
        assert isinstance(problem, Problem)
        return problem.message

    assert "isn't YAML" in message("half/catalog-info.yaml")
    assert "indent with spaces" in message("tab/catalog-info.yaml")
    assert "save the file as UTF-8" in message("latin/catalog-info.yaml")
    assert "split it into several" in message("big/catalog-info.yaml")
    assert found["big/catalog-info.yaml"].hash == ""


def test_a_fault_in_a_format_is_a_problem_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a/catalog-info.yaml": system("a"), "b/catalog-info.yaml": system("b")})
    real = parsing._read.__globals__["Format"]
    assert real is not None

    def recognise(path: str, data: bytes) -> object:
        good = next(each for each in FORMATS if each.name == "Backstage")
        return good if path.startswith("b") else real("broken", good.recognises, lambda *_: 1 // 0)

    monkeypatch.setattr(parsing, "recognise", recognise)
    first, second = Discovery(FolderReader(tmp_path))
    assert first.reading is not None
    assert "broken failed (ZeroDivisionError" in first.reading.problems[0].message
    assert refs([second]) == ["system:default/b"]


def test_names_of_formats_fit_their_column() -> None:
    assert all(0 < len(each.name) <= 40 for each in FORMATS)
    assert len({each.name for each in FORMATS}) == len(FORMATS)


@pytest.mark.realdata
def test_all_real_data(shared_data: Path) -> None:
    discovery = Discovery(FolderReader(shared_data))
    found = list(discovery)
    assert len(refs(found)) > 1000
    assert {"Backstage", "API descriptions"} <= {each.format for each in found}
    problems = [each for file in found if file.reading for each in file.reading.problems]
    assert len(problems) <= 10
    assert len(discovery.problems) <= 3
