"""Proposing, signing, declining and taking back the first text of a contract."""

from datetime import datetime

from django.db import transaction

from awayteam.engagements import contracts, rules, texts, turns
from awayteam.engagements.actions.contracting import in_force, sign_text, signing, write
from awayteam.engagements.actions.moving import end_contracts, hold, move
from awayteam.engagements.actions.requesting import send_away
from awayteam.engagements.machine import ContractState, ContractVerb, State, Verb
from awayteam.engagements.models import Engagement
from awayteam.engagements.permissions import SIDES
from awayteam.engagements.rules import EndReason
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.stories import stepping
from awayteam.stories.stepping import check, words_of


def propose(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str = "", sha256: str = "",
    version: int | None = None,
) -> Engagement:  # fmt: skip
    """Freeze the draft as a text, sign it for one's own side, and give it to the other side to sign.

    `sha256` is the hash of the text that the signer read (`preview`); where it is given, no other text is signed.
    Raises `NotAllowed`, `InvalidInput` (`fields`: everything that the draft lacks), `Conflict`.
    """
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.PROPOSE)
        complete(held.row, now)
        side = SIDES[held.party]
        text = texts.build(held.row, number=_number(held.row), why="")
        written = contracts.sha256(contracts.canonical(text))
        if sha256 and sha256 != written:
            raise Conflict(
                "The draft has changed since you read it.", "Read it again, and sign what it says now.",
                extra={"sha256": written},
            )  # fmt: skip
        contract = write(held, text, side=side, why="")
        move(held, Verb.PROPOSE, State.PROPOSED, words=words.strip(), data={"contract": contract.pk, "side": side.value,
             "sha256": contract.sha256})  # fmt: skip
    return held.row


def preview(row: Engagement, now: datetime) -> tuple[contracts.ContractText, str]:
    """The text that `propose` would sign now, and its hash. Raises `InvalidInput` where the draft lacks something."""
    complete(row, now)
    text = texts.build(row, number=_number(row), why="")
    return text, contracts.sha256(contracts.canonical(text))


def _number(row: Engagement) -> int:
    last = row.contracts.order_by("-number").values_list("number", flat=True).first()
    return (last or 0) + 1


def complete(row: Engagement, now: datetime) -> None:
    """Refuse a draft that lacks something, naming everything at once."""
    found = texts.missing(row, now)
    if found:
        raise InvalidInput(
            "The contract isn't complete.", " ".join(one.what for one in found), {one.field: one.what for one in found}
        )


def sign(
    engagement: Engagement | int, *, actor: Actor, now: datetime, sha256: str, words: str = "",
    version: int | None = None,
) -> Engagement:  # fmt: skip
    """Sign the text with this hash as the second side: the contract is in force, and work begins on its first day.

    Raises `NotAllowed`, `Conflict` (another hash: `extra["differences"]` says what isn't the same; or the time-box is
    over already).
    """
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.SIGN)
        contract = signing(held.row, actor=actor, now=now)
        row, today = held.row, turns.today(held.row.away_team, now)
        text = sign_text(held, contract, sha256)
        in_force(held, contract, text)
        state = rules.after_signing(text.starts_on, today)
        _begin(row, state, now)
        data = {"contract": contract.row.pk, "sha256": contract.row.sha256, "side": SIDES[held.party].value}
        move(held, Verb.SIGN, state, words=words.strip(), data=data)
        send_away(held)
    return row


def _begin(row: Engagement, state: State, now: datetime) -> None:
    if state is State.ACTIVE and row.began_at is None:
        row.began_at = now


def decline(
    engagement: Engagement | int, *, actor: Actor, now: datetime, reason: str, words: str, version: int | None = None
) -> Engagement:
    """Say as the side that has not signed that it doesn't sign, and why. The engagement ends."""
    words, reason = words_of(words), end_reason(reason)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.DECLINE)
        contract = signing(held.row, actor=actor, now=now)
        contract.party = held.party
        stepping.enter(contract, ContractVerb.DECLINE, ContractState.DECLINED, words=words, reason_code=reason)
        held.row.reason = reason
        move(held, Verb.DECLINE, State.DECLINED, words=words, reason_code=reason)
    return held.row


def end_reason(reason: str) -> str:
    """One of the list. Raises `InvalidInput`."""
    if reason not in {one.value for one in EndReason}:
        what = f"one of {', '.join(one.value for one in EndReason)}"
        raise InvalidInput("Give a reason of the list.", what, {"reason": what})
    return reason


def revise(
    engagement: Engagement | int, *, actor: Actor, now: datetime, words: str, version: int | None = None
) -> Engagement:
    """Take a proposed text back to change it: it is withdrawn with its signature, and the draft is open again."""
    words = words_of(words)
    with transaction.atomic():
        held = hold(engagement, actor=actor, now=now, version=version)
        check(held, Verb.REVISE)
        end_contracts(held, words)
        move(held, Verb.REVISE, State.PREPARING, words=words)
    return held.row
