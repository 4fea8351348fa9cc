"""The ready files for CIs: parsed as their CIs would, and their steps run by a shell; the forge is made up."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from awayteam.gate.folder import agreement, register
from awayteam.gate.tests.post import Post

HOUSE = Path(__file__).parents[4]
ACTION: dict[str, Any] = yaml.safe_load((HOUSE / "deploy/github-action/action.yml").read_text())
JOB: dict[str, Any] = yaml.safe_load((HOUSE / "deploy/gitlab/awayteam-check.yml").read_text())["awayteam-check"]


class Runner:
    """A checkout of a merge of base and head as CIs make it, and a PATH with our command (and others') first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = Post(folder / "origin")
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.command("awayteam", f'exec "{sys.executable}" -P -m awayteam "$@" --at 2026-11-23T12:00:00Z\n')
        self.work = folder / "work"

    def command(self, name: str, lines: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{lines}")
        (self.bin / name).chmod(0o755)

    def change(self, *ref: str) -> str:
        """Bob's change on a branch of its own, known to the forge by `ref`; the checkout is of it."""
        self.origin.repo.git("checkout", "-q", "-b", "topic")
        head = self.origin.change("pay/api.py")
        for name in ref:
            self.origin.repo.git("update-ref", name, head)
        self.origin.repo.git("checkout", "-q", "main")
        subprocess.run(["git", "clone", "-q", "--branch", "topic", self.origin.path, str(self.work)], check=True)
        return head

    def run(self, script: str, env: dict[str, str], shell: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GITHUB_", "CI_"))}
        path = f"{self.bin}:{os.environ['PATH']}"
        return subprocess.run([*shell, script], cwd=self.work, env={**clean, **env, "PATH": path}, text=True,
                              capture_output=True, check=False)  # fmt: skip


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.mark.parametrize(
    ("reviews", "code"),
    [
        ([], 1),
        ([("ada", "APPROVED", "head")], 0),
        ([("ada", "APPROVED", "base")], 1),
        ([("ada", "APPROVED", "head"), ("ada", "CHANGES_REQUESTED", "head")], 1),
        ([("ada", "CHANGES_REQUESTED", "base"), ("ada", "APPROVED", "head")], 0),
        ([("ada", "APPROVED", "head"), ("ada", "DISMISSED", "head")], 1),
        ([("bob-gh", "APPROVED", "head")], 1),
    ],
)
def test_the_action_judges_by_reviews_at_the_head(
    runner: Runner, reviews: list[tuple[str, str, str]], code: int
) -> None:
    head = runner.change("refs/pull/3/head")
    commits = {"head": head, "base": runner.origin.base}
    said = "".join(f"{who}\\t{state}\\t{commits[at]}\\n" for who, state, at in reviews)
    runner.command("gh", f"[ \"$1 $2\" = 'api --paginate' ] || exit 9\nprintf '{said}'\n")
    pull = {"number": 3, "base": {"sha": runner.origin.base, "ref": "main", "repo": {"id": 1}},
            "head": {"sha": head, "repo": {"id": 1}}, "user": {"login": "bob-gh", "id": 77}}  # fmt: skip
    event = runner.folder / "event.json"
    event.write_text(json.dumps({"pull_request": pull, "repository": {"full_name": "acme/shop"}}))
    values = {
        "${{ inputs.repository-folder }}": ".", "${{ inputs.name }}": "acme/shop",
        "${{ github.repository }}": "acme/shop",
        "${{ github.event.pull_request.base.ref }}": "main", "${{ github.event.pull_request.number }}": "3",
        "${{ github.event.pull_request.head.sha }}": head, "${{ inputs.github-token }}": "t", "${{ inputs.token }}": "",
        "${{ inputs.agreements }}": "", "${{ inputs.server }}": "", "${{ inputs.package }}": "awayteam",
    }  # fmt: skip
    given = {"GITHUB_EVENT_PATH": str(event), "GITHUB_STEP_SUMMARY": str(runner.folder / "summary.md")}
    for step in ACTION["runs"]["steps"]:
        env = {key: values[value] for key, value in step["env"].items()}
        done = runner.run(
            step["run"], {**given, **env}, ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c")
        )
        if step["name"] != "Ask":
            assert done.returncode == 0, done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    assert "May go in" in (runner.folder / "summary.md").read_text() or code


def test_the_action_takes_nothing_of_the_event_into_a_script() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert all(step["shell"] == "bash" and "${{" not in step["run"] for step in ACTION["runs"]["steps"])


class Forge(BaseHTTPRequestHandler):
    """A merge request and its approvals, for whoever has the token."""

    answers: dict[str, Any] = {}

    def do_GET(self) -> None:
        known = self.headers["PRIVATE-TOKEN"] == "secret" and self.path in self.answers
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(json.dumps(self.answers.get(self.path)).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def forge() -> Iterator[str]:
    http = HTTPServer(("127.0.0.1", 0), Forge)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.mark.parametrize(
    ("approved", "at", "code"), [([], "head", 1), (["ada"], "head", 0), (["ada"], "other", 1), (["bob-gl"], "head", 1)]
)
def test_the_job_asks_gitlab_for_author_and_approvals(
    runner: Runner, forge: str, approved: list[str], at: str, code: int
) -> None:
    head = runner.change()
    place = "/projects/5/merge_requests/4"
    Forge.answers = {
        place: {"iid": 4, "sha": head if at == "head" else "c" * 40, "author": {"id": 8, "username": "bob-gl"}},
        f"{place}/approvals": {"approved_by": [{"user": {"username": one}} for one in approved]},
    }
    env = {
        "CI_API_V4_URL": forge, "CI_MERGE_REQUEST_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "4", "CI_COMMIT_SHA": head,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "AWAYTEAM_GITLAB_TOKEN": "secret", "no_proxy": "*",
        "CI_PROJECT_PATH": "acme/shop", **{key: value for key, value in JOB["variables"].items() if key != "GIT_DEPTH"},
    }  # fmt: skip
    script = "\n".join([*JOB["before_script"], *JOB["script"]])
    done = runner.run(script, env, ("bash", "-e", "-o", "pipefail", "-c"))
    assert done.returncode == code, done.stdout + done.stderr


def test_the_job_runs_nothing_of_the_change(runner: Runner, forge: str) -> None:
    head = runner.change()
    for name in ("json.py", "os.py", "pip.py"):
        (runner.work / name).write_text("open('ran', 'w').close()\n")
    (runner.work / "merge_request.awayteam.json").symlink_to(runner.folder / "taken")
    place = "/projects/5/merge_requests/4"
    Forge.answers = {
        place: {"iid": 4, "sha": head, "author": {"id": 8, "username": "bob-gl"}},
        f"{place}/approvals": {"approved_by": []},
    }
    env = {
        "CI_API_V4_URL": forge, "CI_MERGE_REQUEST_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "4", "CI_COMMIT_SHA": head,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "AWAYTEAM_GITLAB_TOKEN": "secret", "no_proxy": "*",
        "CI_PROJECT_PATH": "acme/shop", "AWAYTEAM_AGREEMENTS": "", "AWAYTEAM_SERVER": "",
    }  # fmt: skip
    script = "\n".join([*JOB["before_script"], *JOB["script"]])
    assert runner.run(script, env, ("bash", "-e", "-o", "pipefail", "-c")).returncode == 1
    assert not (runner.work / "ran").exists()
    assert not (runner.folder / "taken").exists()


def test_python_never_looks_for_modules_in_the_change() -> None:
    scripts = [*JOB["before_script"], *JOB["script"], *(step["run"] for step in ACTION["runs"]["steps"])]
    started = [line for script in scripts for line in script.splitlines() if "python3" in line]
    assert len(started) == 3
    assert all("python3 -I " in line or "(cd / && python3 " in line for line in started)


def test_every_key_of_the_folder_is_documented() -> None:
    text = (HOUSE / "docs/check.md").read_text()
    keys = {*agreement.KEYS, *agreement.GRANT_KEYS, *agreement.SCOPE_KEYS, *agreement.PERSON_KEYS,
            *agreement.ROUND_KEYS, *agreement.HOLD_KEYS, *register.KEYS, *register.EMERGENCY_KEYS}  # fmt: skip
    assert [key for key in sorted(keys) if f"`{key}`" not in text and f"`[[{key}]]`" not in text] == []


def test_every_option_of_the_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    from awayteam.cli.main import build

    text = (HOUSE / "docs/check.md").read_text()
    options = [name for one in build(("check",)).commands["check"].params for name in one.opts]
    undocumented = [name for name in options if name.startswith("--") and f"`{name}" not in text]
    assert undocumented == ["--data"], "every command has that one"
