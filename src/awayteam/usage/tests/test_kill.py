"""The owner killed at any moment, and others at the same time: nothing is lost and nothing counts twice."""

import random
import time
from pathlib import Path

import pytest

from awayteam.kernel.tests.processes import Installation, dismiss

OWN = """
import random, sys, time
import django
django.setup()
from django.utils import timezone
from awayteam.kernel.errors import Conflict
from awayteam.usage import spool
from awayteam.usage.store import compacting, files, owner, publishing
publish, enter, write = publishing.publish, publishing.enter, files.write
owner.MOST_SEGMENTS = 3
def slowly(function):
    def run(*given, **named):
        made = function(*given, **named)
        time.sleep(random.uniform(0, 0.02))
        return made
    return run
publishing._cover = slowly(publishing._cover)
compacting.enter = slowly(enter)
files.write = slowly(write)
print("ready", flush=True)
while spool.waiting():
    owner.run(timezone.now())
    owner.keep_order(timezone.now())
"""
PUT = """
import sys
from django.utils import timezone
from awayteam.usage import spool
from awayteam.usage.counts import Count, CountKey, Counts
hour = int(timezone.now().timestamp()) // 3600
for number in range(int(sys.argv[1])):
    made = Counts()
    for provider in ("pay", "ledger"):
        calls = 1 << (number % 8)
        key = CountKey(hour, f"user-{number % 5}", provider, "GET /", "service", "otlp")
        made.add(key, Count(calls, float(calls)))
    made.tell("otlp", hour // 24, {"spans": 1})
    spool.put(made, sender="collector", batch=str(number))
"""
READ = """
import json
from django.utils import timezone
from django.db.models import Sum
from awayteam.usage import spool
from awayteam.usage.models import Applied, Coverage, Edge, Part
from awayteam.usage.store import files, owner, reading
owner.settle(timezone.now())
today = timezone.now().date()
print(json.dumps({
    "calls": sum(one.calls for one in reading.totals(today, today)),
    "hours": sum(one.calls for one in reading.totals(today, today, grain=1)),
    "edges": Edge.objects.aggregate(n=Sum("calls"))["n"], "spans": Coverage.objects.aggregate(n=Sum("spans"))["n"],
    "applied": Applied.objects.count(), "waiting": len(spool.waiting()),
    "missing": sum(not (files.folder() / one).is_file() for one in Part.objects.values_list("file", flat=True)),
}))
"""
SEGMENTS = 60


@pytest.mark.slow
def test_an_owner_that_is_killed_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    with Installation(tmp_path / "data") as there:
        there.run(PUT, str(SEGMENTS))
        for _ in range(4):
            some = [there.start("-c", OWN) for _ in range(2)]
            for one in some:
                assert one.stdout is not None
                assert one.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.05, 0.6))
            for one in some:
                dismiss(one)
        there.run(PUT, str(SEGMENTS))  # the senders try again with the same batches
        found = there.ask(READ)
    calls = 2 * sum(1 << (number % 8) for number in range(SEGMENTS))
    assert found == {
        "calls": calls, "hours": calls, "edges": calls, "spans": SEGMENTS, "applied": SEGMENTS, "waiting": 0,
        "missing": 0,
    }  # fmt: skip
