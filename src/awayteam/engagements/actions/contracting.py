"""Texts and signatures: what proposing, signing and amending share."""

from datetime import datetime

from awayteam.engagements import contracts, texts
from awayteam.engagements.actions.moving import Holding
from awayteam.engagements.contracts import ContractText
from awayteam.engagements.machine import ContractState, ContractVerb
from awayteam.engagements.models import Contract, Engagement, Side, Signature
from awayteam.engagements.permissions import SIDES, Standing
from awayteam.engagements.plots import CONTRACT
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, NotAllowed
from awayteam.stories import stepping
from awayteam.stories.plot import Held

ROLES = {Side.HOME: "decider of record", Side.AWAY: "away team's lead"}


def write(held: Holding, text: ContractText, *, side: Side, why: str) -> Contract:
    """Freeze `text` and sign it for `side`, which the actor may sign for. Raises `NotAllowed`."""
    written = contracts.canonical(text)
    contract = Contract(
        engagement=held.row, number=text.number, text=written, sha256=contracts.sha256(written), why=why,
        proposed_by_id=held.actor.person_id, proposed_side=side.value, state=ContractState.SIGNING.value,
    )  # fmt: skip
    told = {"engagement": held.row.pk, "number": text.number, "sha256": contract.sha256, "side": side.value}
    stepping.begin(
        CONTRACT, contract, ContractVerb.WRITE, actor=held.actor, now=held.now, party=held.party, words=why, data=told,
        text=f"{held.actor.label} signed {CONTRACT.label(contract)}; it waits for the other side.",
    )  # fmt: skip
    _sign(held, contract, side)
    return contract


def signing(row: Engagement, *, actor: Actor, now: datetime) -> Held[Contract]:
    """The text that waits for its second signature, locked after its engagement. Raises `Conflict`."""
    found = Contract.objects.filter(engagement=row, state=ContractState.SIGNING.value).first()
    if found is None:
        raise Conflict("No text waits for a signature.", "Look at it again: it was taken back, or has lapsed.")
    contract = stepping.hold(CONTRACT, found, actor=actor, now=now)
    contract.row.engagement = row
    return contract


def sign_text(held: Holding, contract: Held[Contract], sha256: str) -> ContractText:
    """Sign exactly the text with this hash, as `held.party`. Raises `Conflict` with the differences, `NotAllowed`."""
    row = contract.row
    text = contracts.parse(row.text)
    if contracts.sha256(row.text) != row.sha256:
        raise Conflict("The stored text doesn't have its hash any more.", "Have the database looked at.")
    if sha256 != row.sha256:
        _refuse(row, text, sha256)
    side = SIDES[held.party]
    if row.signatures.filter(person=held.actor.person_id).exists():
        raise NotAllowed("You have signed this text for the other side.", "Somebody else signs for this one.")
    _sign(held, row, side)
    contract.party = held.party
    return text


def _refuse(row: Contract, text: ContractText, sha256: str) -> None:
    other = Contract.objects.filter(engagement=row.engagement_id, sha256=sha256).order_by("-number").first()
    advice = "Read the text again, and sign what it says now."
    if other is None:
        raise Conflict("That isn't the hash of the text that waits for you.", advice, extra={"sha256": row.sha256})
    found = contracts.differences(contracts.parse(other.text), text)
    said = [{"field": one.field, "label": one.label, "before": one.before, "after": one.after} for one in found]
    shown = "; ".join(f"{one.label}: {one.before or 'nothing'} → {one.after or 'nothing'}" for one in found[:5])
    raise Conflict(
        f"That is the hash of text {other.number}; text {row.number} waits for you.", f"{shown}. {advice}",
        extra={"sha256": row.sha256, "differences": said},
    )  # fmt: skip


def _sign(held: Holding, contract: Contract, side: Side) -> Signature:
    standing = Standing(held.actor, held.row, held.now)
    decision = standing.signs(side)
    decision.require()
    person = held.actor.person_id
    if person is None:
        raise NotAllowed("Only people sign; this account is not linked to a person.")
    return Signature.objects.create(
        contract=contract, side=side.value, person_id=person, label=held.actor.label[:200],
        role=ROLES[side] if decision.rule == "named" else decision.rule[:40], sha256=contract.sha256,
        signed_at=held.now,
    )  # fmt: skip


def in_force(held: Holding, contract: Held[Contract], text: ContractText) -> dict[str, object]:
    """Let a text that both signed be the contract: the engagement's columns are its copy from now on (unsaved)."""
    contract.row.in_force_at = held.now
    stepping.enter(contract, ContractVerb.SIGN, ContractState.IN_FORCE, data={"sha256": contract.row.sha256})
    changes = texts.put_in_force(held.row, text)
    held.row.contract = contract.row
    held.__dict__.pop("standing", None)
    return dict(changes)
