"""The ready hook in real bare repositories, with real pushes: allowed, refused, ended, new, forced, deleted, tagged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awayteam.gate.tests.post import AGREEMENT, FILES, Post

HOOK = Path(__file__).parents[4] / "deploy/hooks/pre-receive"


class Server:
    """A bare repository with the hook, and a clone of it."""

    def __init__(self, folder: Path) -> None:
        self.post = Post(folder / "clone")
        self.bare = folder / "shop.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.bare)], check=True)
        command = folder / "awayteam"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awayteam "$@"\n')
        command.chmod(0o755)
        self.configure("awayteam.command", str(command))
        self.post.repo.git("remote", "add", "origin", str(self.bare))
        hook = self.bare / "hooks/pre-receive"
        hook.write_bytes(HOOK.read_bytes())
        hook.chmod(0o755)

    def configure(self, *pair: str) -> None:
        subprocess.run(["git", "-C", str(self.bare), "config", "--add", *pair], check=True)

    def push(self, *refs: str, who: str = "bob", variable: str = "GL_USER") -> str:
        """What the server says, "" where it took the push."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GL_"))}
        done = subprocess.run(
            ["git", "push", "-q", "origin", *refs], cwd=self.post.path, env={**env, variable: who} if who else env,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == ("rejected" not in done.stderr), done.stderr
        return "" if done.returncode == 0 else done.stderr

    def tip(self, ref: str = "refs/heads/main") -> str:
        done = subprocess.run(["git", "-C", str(self.bare), "rev-parse", "-q", "--verify", ref],
                              capture_output=True, text=True, check=False)  # fmt: skip
        return done.stdout.strip()


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = Server(tmp_path)
    assert made.push("main", who="") == "", "the first push into an empty repository"
    return made


def test_own_code_goes_in_and_that_of_others_is_refused(server: Server) -> None:
    head = server.post.change("web/page.py")
    assert server.push("main") == ""
    assert server.tip() == head
    server.post.change("pay/api.py")
    said = server.push("main")
    assert "refs/heads/main is refused" in said
    assert "Waits for payments (Ada L, Bea B)" in said
    assert server.tip() == head, "nothing changed"
    assert server.push("main", who="ada") == "", "an owner may push it"


def test_a_round_in_the_folder_lets_a_visit_in_until_it_ends(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "agreed"
    (folder / "agreements").mkdir(parents=True)
    (folder / "organisation").mkdir()
    (folder / "organisation/awayteam.yaml").write_text(str(FILES[".awayteam/organisation/awayteam.yaml"]))
    server.configure("awayteam.agreements", str(folder))
    server.configure("awayteam.name", "acme/shop")
    head = server.post.change("pay/api.py")
    looked = f'\n[[rounds]]\ncommit = "{head}"\nlook = "approved"\nby = "user:default/ada"\n'
    running = AGREEMENT.replace('["."]', '["acme/shop"]').replace("until = 2026-12-01", "until = 2999-12-01") + looked
    ended = running.replace("until = 2999-12-01", "until = 2026-11-02")
    (folder / "agreements/12.toml").write_text(ended)
    assert "Refunds) let them change it until 2026-11-02" in server.push("main")
    (folder / "agreements/12.toml").write_text(running)
    assert server.push("main") == ""
    assert server.tip() == head
    server.post.change("pay/api.py", text="three\n")
    assert "Waits for payments" in server.push("main"), "the round was about another commit"


@pytest.mark.parametrize("variable", ["GL_USER", "GL_USERNAME", "GITEA_PUSHER_NAME", "AWAYTEAM_USER"])
def test_the_server_says_who_pushes(server: Server, variable: str) -> None:
    server.post.change("web/page.py")
    assert server.push("main", variable=variable) == ""
    server.post.change("web/page.py", text="three\n")
    assert "is refused" in server.push("main", who="stranger", variable=variable)


def test_without_a_name_of_who_pushes_nothing_goes_in(server: Server) -> None:
    server.post.change("web/page.py")
    assert "the server doesn't say who pushes" in server.push("main", who="")
    assert server.tip() == server.post.base


def test_topic_branches_and_tags_are_free_and_guarded_refs_are_not_deleted(server: Server) -> None:
    head = server.post.change("pay/api.py")
    server.post.repo.git("tag", "v1")
    assert server.push("main:refs/heads/topic", "v1") == ""
    assert server.tip("refs/heads/topic") == head
    assert server.push(":refs/heads/topic") == ""
    server.configure("awayteam.guard", "refs/heads/main")
    server.configure("awayteam.guard", "refs/heads/release/*")
    server.configure("receive.denyDeleteCurrent", "ignore")
    assert "refs/heads/main is guarded" in server.push(":refs/heads/main")
    assert "refs/heads/release/1 is refused" in server.push("main:refs/heads/release/1"), "a new guarded branch"
    assert server.tip("refs/heads/release/1") == ""
    assert server.push("main:refs/heads/release/1", who="ada") == ""


def test_of_several_refs_one_that_is_refused_refuses_all(server: Server) -> None:
    server.configure("awayteam.guard", "refs/heads/*")
    mine = server.post.change("web/page.py")
    server.post.repo.git("branch", "fine", mine)
    server.post.change("pay/api.py")
    said = server.push("fine", "main")
    assert "refs/heads/main is refused" in said
    assert server.tip() == server.post.base
    assert server.tip("refs/heads/fine") == ""
    assert server.push("fine") == ""


def test_a_forced_push_answers_for_what_it_takes_back(server: Server) -> None:
    server.post.change("pay/api.py", name="Ada L", email="ada@x.org")
    assert server.push("main", who="ada") == ""
    server.post.repo.git("reset", "-q", "--hard", server.post.base)
    server.post.change("web/page.py")
    said = server.push("+main")
    assert "takes back commits" in said
    assert "Waits for payments" in said


def test_the_first_change_of_the_rules_is_judged_by_the_old_ones(server: Server) -> None:
    server.post.commit({".github/CODEOWNERS": "* @shop\n"})
    server.post.change("pay/api.py")
    assert "Waits for payments" in server.push("main")
    assert server.tip() == server.post.base
