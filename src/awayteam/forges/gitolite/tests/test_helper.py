"""The helper by itself, as gitolite calls it: whatever goes wrong refuses the push."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HELPER = Path(__file__).parents[1] / "awayteam.vref"
pytestmark = pytest.mark.skipif(shutil.which("perl") is None, reason="needs Perl")


@pytest.fixture
def git(tmp_path: Path) -> Path:
    """A `git` whose listing of commits ends as a test says; what it lists touches `pay/a`."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/awayteam.paths").write_text(
        "awayteam 1\norders\tpaul\twrite\t2999-01-01T00:00:00Z\t7\t\\Apay(?:/|\\z)\n"
    )
    made = tmp_path / "git"
    made.write_text(
        '#!/bin/sh\nif [ "$1" = rev-list ]; then exit "$REVLIST"; fi\ncat >/dev/null; printf "pay/a\\0"; exit "$DIFF"\n'
    )
    made.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(("listing", "comparing", "refused"), [(0, 0, False), (128, 0, True), (0, 128, True)])
def test_a_listing_that_fails_halfway_refuses(git: Path, listing: int, comparing: int, refused: bool) -> None:
    env = {"PATH": f"{git}:{os.environ['PATH']}", "GL_USER": "paul", "GL_REPO": "orders", "GL_ADMIN_BASE": str(git),
           "REVLIST": str(listing), "DIFF": str(comparing)}  # fmt: skip
    command = ["perl", str(HELPER), "refs/heads/away/7/x", "0" * 40, "a" * 40, "", "", "", "VREF/awayteam"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert ("VREF/awayteam refused by Awayteam" in done.stdout) is refused
