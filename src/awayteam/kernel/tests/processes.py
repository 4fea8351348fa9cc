"""An installation of its own with real processes: for tests that kill them."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import orjson

from awayteam.kernel.tests.installed import install, uninstall
from awayteam.kernel.tests.schema import surroundings

DESK = """
import contextlib, io, sys, traceback
import orjson
import django
django.setup()
from django.db import connections
for line in sys.stdin.buffer:
    asked, out, error = orjson.loads(line), io.StringIO(), None
    sys.argv = ["-", *asked["arguments"]]
    try:
        with contextlib.redirect_stdout(out):
            exec(asked["code"], {"__name__": "__main__"})
    except BaseException:
        error = traceback.format_exc()
    connections.close_all()
    sys.stdout.buffer.write(orjson.dumps({"out": out.getvalue(), "error": error}) + b"\\n")
    sys.stdout.buffer.flush()
"""
"""Runs what it is given, one thing after another, so that Django starts once and not for every look."""


class Installation:
    """An empty installation on the database under test, in `folder`, and the processes that run on it.

    `rules` is its own rulebook, TOML. What stands in `environment` when a process starts is what it sees.
    """

    def __init__(self, folder: Path, rules: str = "") -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        (folder / "rulebook.toml").write_text(rules)
        self.environment = surroundings() | {
            "AWAYTEAM_DATA": str(folder),
            "DJANGO_SETTINGS_MODULE": "awayteam.settings",
        }
        self.environment |= install(folder)
        self._desk: subprocess.Popen[bytes] | None = None
        self._started: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill whoever still runs, and remove the database."""
        for process in self._started:
            dismiss(process)
        if self._desk:
            self._desk.kill()
            self._desk.communicate()
        uninstall(self.environment)

    def start(self, *arguments: str | Path, heard: bool = True) -> "subprocess.Popen[str]":
        """A Python process on this installation, which leads a group of its own; what it prints is kept if `heard`."""
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env=self.environment,
            stdout=subprocess.PIPE if heard else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def finish(self, *arguments: str | Path) -> str:
        """What a Python process prints that must end well."""
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, code: str, *arguments: str | Path) -> str:
        """What this code prints, run in a process that stays for the next code."""
        if self._desk is None:
            command = [sys.executable, "-c", DESK]
            self._desk = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        asked, said, errors = self._desk.stdin, self._desk.stdout, self._desk.stderr
        assert asked is not None
        assert said is not None
        assert errors is not None
        asked.write(orjson.dumps({"code": code, "arguments": list(map(str, arguments))}) + b"\n")
        asked.flush()
        line = said.readline()
        assert line, errors.read().decode()
        answer = orjson.loads(line)
        assert answer["error"] is None, answer["error"]
        return str(answer["out"])

    def ask(self, code: str, *arguments: str | Path) -> Any:
        """What this code prints, as JSON."""
        return orjson.loads(self.run(code, *arguments))


def dismiss(process: "subprocess.Popen[str]") -> None:
    """SIGKILL for it and its children: no chance to tidy up. Harmless where it has gone."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def leave(processes: "list[subprocess.Popen[str]]") -> None:
    """A polite end: SIGTERM, and each goes by itself with exit code 0."""
    for process in processes:
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=10) for process in processes] == [0] * len(processes)
