"""Amendments over HTTP: another text for a contract in force."""

from collections.abc import Callable
from typing import Annotated, Any

from ninja import Path, Status

from awayteam.engagements import actions
from awayteam.engagements.api import inputs
from awayteam.engagements.api.reading import ContractAt, detail, router
from awayteam.engagements.api.schemas import EngagementDetail
from awayteam.engagements.api.writing import Where, guard, scope_of, terms_of
from awayteam.engagements.models import Contract
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request as Http

Which = Annotated[ContractAt, Path()]


@router.post("/{id}/amendments", response={201: EngagementDetail}, operation_id="engagement_amend")
def amend(request: Http, at: Where, body: inputs.AmendIn) -> Any:
    """Propose another text, signed by you for your side, with why; what isn't sent stays as it is."""
    with guard(request, at.id) as (row, now):
        scope = scope_of(request, body.scope) if body.scope is not None else None
        actions.amend(
            row, actor=request.actor, now=now, why=body.why, scope=scope, version=body.version,
            **terms_of(request, body),
        )  # fmt: skip
        return Status(201, detail(request, at.id))


def _act(http: Http, at: ContractAt, action: Callable[..., Any], **more: Any) -> Any:
    with guard(http, at.id) as (row, now):
        contract = Contract.objects.filter(engagement=row, number=at.number).first()
        if contract is None:
            raise NotFound(f"Engagement {at.id} has no text {at.number}.", "Look at its contracts.")
        action(contract, actor=http.actor, now=now, **more)
        return detail(http, at.id)


@router.post("/{id}/amendments/{number}/sign", response=EngagementDetail, operation_id="engagement_sign_amendment")
def sign_amendment(request: Http, at: Which, body: inputs.AmendmentSignIn) -> Any:
    """Sign the amendment's text with this hash as the second side: it is the contract from now on."""
    return _act(request, at, actions.sign_amendment, sha256=body.sha256, words=body.words)


@router.post(
    "/{id}/amendments/{number}/decline", response=EngagementDetail, operation_id="engagement_decline_amendment"
)
def decline_amendment(request: Http, at: Which, body: inputs.AmendmentReasonIn) -> Any:
    """Don't sign the amendment; what is in force stays."""
    return _act(request, at, actions.decline_amendment, words=body.words)


@router.post(
    "/{id}/amendments/{number}/withdraw", response=EngagementDetail, operation_id="engagement_withdraw_amendment"
)
def withdraw_amendment(request: Http, at: Which, body: inputs.AmendmentReasonIn) -> Any:
    """Take your side's amendment back."""
    return _act(request, at, actions.withdraw_amendment, words=body.words)
