"""A forge in the shop of the page tests: with repositories, accounts, deliveries that were given up, and a review."""

from datetime import datetime, timedelta

from awayteam.forges import accounts, repositories
from awayteam.forges.actions import setting
from awayteam.forges.models import DeliveryState, Forge, ForgeChange, ForgeDelivery
from awayteam.forges.port import Account, Place
from awayteam.gate.actions.changes import Told, record, record_reviews
from awayteam.gate.actions.judging import judge
from awayteam.gate.change import Approval, Author, Said
from awayteam.kernel.actor import SYSTEM

NAME, HARM = "shop-hub", "<i>shop</i>/letters"


def build(now: datetime) -> None:
    """A forge that heard something, looked at a change, and gave two things up."""
    values = {"app_id": "7", "private_key": "a key", "webhook_secret": "a secret"}
    forge = setting.add(kind="github", name=NAME, values=values, actor=SYSTEM, now=now).forge
    Forge.objects.filter(pk=forge.pk).update(
        last_delivery_at=now, last_answer_at=now, last_error="It said <b>no</b>",
        last_error_at=now - timedelta(hours=1),
        rate_limit=5000, rate_remaining=4999, rate_resets_at=now + timedelta(hours=1), polled_at=now,
    )  # fmt: skip
    row = repositories.heard(forge, Place("1", HARM, "https://github.com/shop/letters"), now)
    for number, login in enumerate(("ada", "<b>stranger</b>", "renovate[bot]")):
        accounts.heard(forge, Account(str(number), login, number == 2), now, took_part=3 - number)
    ForgeDelivery.objects.create(
        forge=forge, delivery_id="d-<i>1</i>", kind="push", body=b"{}", state=DeliveryState.DEAD, attempts=8,
        next_at=now, received_at=now, last_error="can't be <read>",
    )  # fmt: skip
    change = ForgeChange.objects.create(
        repository=row, number=4, next_at=now, is_dead=True, attempts=8, last_error="404", stand="open"
    )
    told = Told(
        origin=f"forge:{forge.pk}", origin_key="1:4", repository="letters", key="#4", url="https://github.com/x/4",
        title="Letters <i>from</i> a forge", author=Author("user:default/ada", "ada"), hands=(), base_ref="main",
        base="a" * 40, head="b" * 40, paths=("letters/one.py",), stand="open", is_draft=False, from_fork=False,
        opened_at=now - timedelta(days=4), at=now - timedelta(days=4), rule_files={"CODEOWNERS": b"* @shop/orders\n"},
    )  # fmt: skip
    known = record(told=told, now=now)
    ForgeChange.objects.filter(pk=change.pk).update(change_id=known.pk)
    said = Approval("user:default/bob", "bob", Said.COMMENTED, "b" * 40, now - timedelta(days=1))
    record_reviews(change=known, reviews=[("r-1", said)], now=now)
    judge(change=known, now=now)
