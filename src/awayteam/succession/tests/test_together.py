"""Several processes change the owner of one thing at the same time, and one is killed: it has one owner, always."""

from collections import Counter
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from awayteam.kernel.tests.processes import Installation, dismiss
from awayteam.succession import actions
from awayteam.succession.models import Succession
from awayteam.succession.tests.parish import NOON, parish

THRONG = Path(__file__).with_name("throng.py")
BEGIN = """
from awayteam.succession.tests.parish import parish
parish()
"""
LOOK = """
import orjson
from awayteam.catalog.models import Entity, Ownership
from awayteam.succession.models import Line, Succession, SuccessionStep
thing = Entity.objects.get(ref="component:default/ledger")
held = list(Ownership.objects.filter(entity=thing).order_by("pk").values_list("owner", "starts", "ends"))
rows = list(Succession.objects.order_by("pk").values("pk", "state", "closed_at", "clock", "owned_since", "receiver"))
steps = list(SuccessionStep.objects.order_by("pk").values_list("story", "verb", "target"))
print(orjson.dumps({"owner": thing.owner_id, "held": held, "rows": rows, "steps": steps}, default=str).decode())
"""


def test_many_processes_at_once_leave_one_owner_at_every_moment(tmp_path: Path) -> None:
    with Installation(tmp_path) as home:
        home.run(BEGIN)
        all_of_them = [home.start(THRONG, seed, 15) for seed in range(3)]
        victim = home.start(THRONG, 9, 500)
        assert victim.stdout is not None
        heard = [victim.stdout.readline() for _ in range(6)]
        assert heard[-1], f"it is not in the midst of it: {heard}"
        dismiss(victim)
        said = Counter(line for one in all_of_them for line in one.communicate(timeout=120)[0].split())
        assert [one.returncode for one in all_of_them] == [0, 0, 0], said
        found = home.ask(LOOK)
    assert said["ask"] > 0
    assert said["take"] > 0
    periods = sorted(found["held"], key=lambda one: (one[1] is not None, one[1] or ""))
    assert [ends for _, _, ends in periods if ends is None] == [None]
    assert next(one for one in periods if one[2] is None)[0] == found["owner"]
    ends = sorted(ends for _, _, ends in periods if ends is not None)
    starts = sorted(starts for _, starts, _ in periods if starts is not None)
    assert ends == starts, "each period ends in the moment in which the next begins"
    open_ones = [row for row in found["rows"] if row["closed_at"] is None]
    assert len(open_ones) <= 1
    assert all((row["clock"] is None) == (row["closed_at"] is not None) for row in found["rows"])
    taken = Counter(story for story, _verb, target in found["steps"] if target == "transferred")
    transferred = {row["pk"] for row in found["rows"] if row["state"] == "transferred"}
    assert taken == Counter(transferred), "each was taken over once"
    assert len({row["owned_since"] for row in found["rows"] if row["state"] == "transferred"} - set(starts)) == 0


@pytest.mark.django_db
def test_the_database_itself_keeps_a_second_open_one_out() -> None:
    town = parish()
    row = actions.ask(town.ledger, actor=town.actor("pia"), now=NOON, team=town.team("payments"), words="Ours.")
    second = Succession(
        kind="ask", state="answering", entity=town.ledger, giver=row.giver, receiver=row.receiver, words="Again.",
        created_at=NOON, entered_at=NOON, changed_at=NOON,
    )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
