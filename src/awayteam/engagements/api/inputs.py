"""What somebody sends to change engagements over HTTP."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from awayteam.engagements.models import ReviewMode
from awayteam.engagements.rules import LONGEST_LINE, LONGEST_TITLE, MOST_LINES, EndReason
from awayteam.kernel.rest import Body, Id, Reason, Text, Word


def _iso(value: Any) -> Any:
    """A day is written as text; a number is none."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        raise ValueError("is no day; write 2026-01-31")
    return value


EngagementDay = Annotated[date, BeforeValidator(_iso), Field(strict=False)]
Mode = Literal["every-change", "architecture", "bar-raiser"]
assert set(ReviewMode.values) == {"every-change", "architecture", "bar-raiser"}
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the text, as it was read")]
Line = Annotated[str, Field(max_length=LONGEST_LINE)]


class EngagementTermsIn(Body):
    """What isn't sent stays as it is. People and the service by reference or name."""

    title: Annotated[str, Field(max_length=LONGEST_TITLE)] | None = None
    goal: Annotated[str, Field(max_length=50_000)] | None = None
    service: Word | None = None
    home_decider: Word | None = None
    home_contact: Word | None = None
    home_deputy: Word | None = None
    away_lead: Word | None = None
    manager: Word | None = None
    starts_on: EngagementDay | None = None
    ends_on: EngagementDay | None = None
    working_days: Annotated[int, Field(ge=0, le=100_000)] | None = None
    review_mode: Mode | None = None
    pledged_hours: Annotated[int, Field(ge=0, le=100_000)] | None = None
    warranty_days: Annotated[int, Field(ge=0, le=366)] | None = None
    pager_on: EngagementDay | None = None
    done_means: Annotated[list[Line], Field(max_length=MOST_LINES)] | None = None


class EngagementVersioned(Body):
    version: Annotated[int, Field(ge=1)] | None = Field(None, description="the version that you looked at")


class EngagementDraftIn(EngagementTermsIn, EngagementVersioned):
    pass


class EngagementOpenIn(EngagementTermsIn):
    """From a request, its home and asking team are taken where none is named."""

    home_team: Word = ""
    away_team: Word = ""
    request: Id | None = None
    prefill: bool = True


class ScopeLineIn(Body):
    repository: Annotated[str, Field(min_length=1, max_length=300)]
    pattern: Annotated[str, Field(min_length=1, max_length=1000)]
    why: Annotated[str, Field(max_length=300)] = ""


class EngagementScopeIn(EngagementVersioned):
    scope: Annotated[list[ScopeLineIn], Field(max_length=MOST_LINES)]


class EngagementWordsIn(EngagementVersioned):
    words: Text = ""


class EngagementReasonIn(EngagementVersioned):
    words: Reason


class ProposeIn(EngagementWordsIn):
    sha256: Hash | None = None


class SignIn(EngagementWordsIn):
    sha256: Hash


class EngagementEndIn(EngagementReasonIn):
    reason: EndReason = Field(strict=False)


class PauseIn(EngagementReasonIn):
    until: EngagementDay


class DeployIn(EngagementWordsIn):
    at: datetime | None = Field(None, strict=False, description="when it went into production; now where not said")


class AmendIn(EngagementTermsIn, EngagementVersioned):
    why: Reason
    scope: Annotated[list[ScopeLineIn], Field(min_length=1, max_length=MOST_LINES)] | None = None


class AmendmentSignIn(Body):
    sha256: Hash
    words: Text = ""


class AmendmentReasonIn(Body):
    words: Reason
