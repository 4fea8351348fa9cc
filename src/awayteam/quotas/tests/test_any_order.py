"""Limits in any order, by anybody: nothing is enforced that wasn't in shadow, and what proxies get is what stands."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.kernel.errors import AwayteamError
from awayteam.kernel.models import Event
from awayteam.quotas import actions
from awayteam.quotas.envoy.plain import Upstream
from awayteam.quotas.envoy.planning import plan
from awayteam.quotas.models import Limit, Revision
from awayteam.quotas.rules import Unit
from awayteam.quotas.tests.world import NOON, ONE, World, everything, world

pytestmark = pytest.mark.django_db
UPSTREAM = Upstream("api:default/orders", "127.0.0.1:1")
DEEDS = {"enforce": actions.enforce, "shadow": actions.shadow, "off": actions.switch_off}
deeds = st.tuples(
    st.sampled_from(["olga", "oscar", "mona", "paul", "sam"]), st.sampled_from(["set", *DEEDS]),
    st.sampled_from(["web", "batch", ""]), st.sampled_from(["", ONE]), st.integers(1, 5),
)  # fmt: skip


@pytest.fixture
def here() -> World:
    return world()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(deeds, max_size=14))
def test_whatever_is_tried(here: World, tried: list[tuple[str, str, str, str, int]]) -> None:
    with transaction.atomic():
        now, shadowed = NOON, set()
        for who, deed, consumer, operation, size in tried:
            now += timedelta(hours=1)
            before = {row.pk: (row.state, row.requests) for row in Limit.objects.all()}
            _try(here, who, deed, consumer, operation, size, now)
            for row in Limit.objects.all():
                old, asked = before.get(row.pk, ("new", 0))
                assert old != "new" or row.state == "shadow", "every limit starts in shadow"
                assert row.state != "enforced" or old in ("shadow", "enforced"), "nothing is enforced out of nothing"
                assert not (old == row.state == "enforced" and row.requests < asked), "a tighter one is tried first"
                shadowed |= {row.pk} if row.state == "shadow" else set()
                assert row.state != "enforced" or row.pk in shadowed
            _holds(now)
        transaction.set_rollback(True)


def _try(here: World, who: str, deed: str, consumer: str, operation: str, size: int, now: object) -> None:
    entity = {"web": here.web, "batch": here.batch}.get(consumer)
    before = everything()
    try:
        with transaction.atomic():
            if deed == "set":
                here.set(who, entity, operation, rate=(size * 10, Unit.SECOND, size * 10), now=now)
            else:
                row = Limit.objects.filter(api=here.api, consumer=entity, operation=operation).first()
                if row is None:
                    return
                DEEDS[deed](row, actor=here.actor(who), now=now, reason="So.")
            assert who in ("olga", "oscar", "mona")
            assert Event.objects.count() == before[-2] + 1  # type: ignore[operator]
    except AwayteamError:
        assert everything() == before


def _holds(now: object) -> None:
    """The plan of a proxy is what stands in the table, and each change counted once."""
    terms = plan([UPSTREAM]).terms[0]
    planned = {
        (identity, key): (rule.number, rule.enforced, rule.rate.requests)
        for identity, rules in {**terms.own, "": terms.others}.items()
        for key, rule in rules.items()
    }
    standing = {
        (f"spiffe://example.org/ns/default/sa/{row.consumer.name}" if row.consumer else "", row.operation): (
            row.pk, row.state == "enforced", row.requests
        )
        for row in Limit.objects.exclude(state="off").select_related("consumer")
    }  # fmt: skip
    assert planned == standing
    changes = Event.objects.filter(subject_kind="quota").count()
    assert (Revision.objects.values_list("number", flat=True).first() or 0) == changes
