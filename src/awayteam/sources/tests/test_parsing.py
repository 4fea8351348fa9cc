"""Processes that read files end with the process that they read for."""

import os
import signal
import subprocess
import sys
import time

PARENT = """
import multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor
from awayteam.sources import parsing

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, parsing._begin, (None, 1, None, None)) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        sys.stdin.read()
"""


def test_readers_end_when_their_parent_is_killed() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        reader = int(parent.stdout.readline())
        assert _lives(reader)
        os.kill(parent.pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while _lives(reader) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _lives(reader)


def _lives(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
