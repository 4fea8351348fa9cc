"""Shapes of flags over HTTP."""

import json
from datetime import date, datetime
from typing import Annotated, Any

import orjson
from ninja import Schema
from pydantic import Field

from awayteam.flags.evaluating import Explanation
from awayteam.flags.evaluating.flag import LONGEST_DEFINITION
from awayteam.flags.models import Definition, Environment, FlagToken, Plan
from awayteam.flags.queries import FlagRow, Told
from awayteam.flags.rules import Deed, Purpose, Reach
from awayteam.kernel.rest import Body, Moment, Name, Paging, Reason, Text, Word

Written = Annotated[
    dict[str, Any] | Annotated[str, Field(max_length=LONGEST_DEFINITION)],
    Field(description="the flag as flagd's JSON: an object, or a text with it, which is kept as it is written"),
]


def text_of(written: dict[str, Any] | str) -> str:
    """A definition as text; objects are spread over lines."""
    return written if isinstance(written, str) else orjson.dumps(written, option=orjson.OPT_INDENT_2).decode()


class FlagEnvironmentOut(Schema):
    key: str
    title: str
    version: int
    evaluators: dict[str, Any]
    changed_at: datetime


class FlagSettingOut(Schema):
    """What a flag is in one environment. `everybody` is the one variant that can come out ("": several can)."""

    environment: str
    number: int
    definition: dict[str, Any]
    everybody: str
    since: datetime
    killed_at: datetime | None
    killed_variant: str
    killed_why: str


class FlagOut(Schema):
    """`lifecycle` is "live", "stale" (its team is asked, or its date is past) or "archived"."""

    key: str
    title: str
    description: str
    owner: str
    kind: str
    purpose: str
    lifecycle: str
    remove_on: date | None
    kept_until: date | None
    asked_at: datetime | None
    asked_why: str
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None
    version: int
    environments: list[FlagSettingOut]


class FlagToldOut(FlagOut):
    may_change: bool
    may_change_why: str
    due_at: datetime | None
    asked_person: str | None
    plans: list["FlagPlanOut"]


class FlagPlanOut(Schema):
    id: int
    environment: str
    at: datetime
    deed: str
    variant: str
    reason: str
    by: str
    done_at: datetime | None
    failed: str


class FlagDefinitionOut(Schema):
    """`number_restored` is the definition that a roll-back brought back."""

    number: int
    definition: dict[str, Any]
    text: str
    reason: str
    by: str
    at: datetime
    number_restored: int | None


class FlagTokenOut(Schema):
    id: int
    environment: str
    name: str
    reach: str
    prefix: str
    created_at: datetime
    revoked_at: datetime | None


class FlagTokenMadeOut(FlagTokenOut):
    """`secret` is shown this once."""

    secret: str


class FlagStepOut(Schema):
    path: str
    depth: int
    rule: Any
    value: Any


class FlagPreviewOut(Schema):
    """What a context gets. `steps` are the operations of the targeting with what came of each."""

    value: Any = None
    variant: str
    reason: str
    metadata: dict[str, Any]
    error: str
    details: str
    steps: list[FlagStepOut]
    left_out: int


class FlagImportOut(Schema):
    """Keys of flags by what became of them; `refused` says why. `rules`: shared rules changed too."""

    created: list[str]
    changed: list[str]
    unchanged: list[str]
    refused: dict[str, str]
    rules: bool


class FlagsQuery(Paging):
    sort: Annotated[Word, Field(description="stale (first), key, remove (date of removal) or -changed")] = "stale"
    owner: Annotated[list[Word], Field(max_length=50)] = []
    purpose: Annotated[list[Word], Field(max_length=10)] = []
    kind: Annotated[list[Word], Field(max_length=10)] = []
    stale: bool = False
    killed: bool = False
    archived: bool = False
    mine: bool = False
    text: Word = ""


class FlagIn(Body):
    """Without `environments` the definition holds in all of them."""

    key: Name
    owner: Name
    definition: Written
    reason: Reason
    purpose: Annotated[Purpose, Field(strict=False)] = Purpose.RELEASE
    title: Word = ""
    description: Text = ""
    remove_on: Annotated[date | None, Field(strict=False)] = None
    environments: Annotated[list[Word], Field(max_length=50)] = []


class FlagEditIn(Body):
    """What isn't given stays. `no_removal` takes the date of removal away."""

    reason: Reason
    title: Word | None = None
    description: Text | None = None
    owner: Name | None = None
    purpose: Annotated[Purpose | None, Field(strict=False)] = None
    remove_on: Annotated[date | None, Field(strict=False)] = None
    no_removal: bool = False


class FlagReasonIn(Body):
    reason: Reason


class FlagKeepIn(FlagReasonIn):
    until: Annotated[date, Field(strict=False)]


class FlagDefineIn(FlagReasonIn):
    """`number` is the definition that the writer saw (0: none), so that nobody's work is lost."""

    definition: Written
    number: Annotated[int | None, Field(ge=0, le=2**31)] = None


class FlagRollBackIn(FlagReasonIn):
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]


class FlagKillIn(FlagReasonIn):
    """Without `variant` everybody gets the default in their code."""

    variant: Word = ""


class FlagPlanIn(FlagReasonIn):
    at: Annotated[Moment, Field(strict=False)]
    deed: Annotated[Deed, Field(strict=False)]
    definition: Written = ""
    variant: Word = ""


class FlagPreviewIn(Body):
    """`definition` stands in for what is served."""

    context: dict[str, Any] = {}
    definition: Written | None = None


class FlagImportIn(FlagReasonIn):
    """`file` is flagd's JSON, as an object or a text. `as_is` takes flags with problems, which answer PARSE_ERROR."""

    file: dict[str, Any] | Annotated[str, Field(max_length=4 * 1024 * 1024)]
    owner: Name
    purpose: Annotated[Purpose, Field(strict=False)] = Purpose.RELEASE
    as_is: bool = False


class FlagEnvironmentIn(Body):
    key: Name
    title: Name


class FlagRulesIn(FlagReasonIn):
    evaluators: Written


class FlagTokenIn(Body):
    """`server` tokens read whole rulesets; `client` ones are for what runs at customers, and only ask."""

    name: Name
    reach: Annotated[Reach, Field(strict=False)] = Reach.SERVER


def environment_out(row: Environment) -> FlagEnvironmentOut:
    return FlagEnvironmentOut(
        key=row.key, title=row.title, version=row.version, evaluators=json.loads(row.evaluators),
        changed_at=row.changed_at,
    )  # fmt: skip


def _values(row: FlagRow) -> dict[str, Any]:
    one = row.flag
    settings = [
        FlagSettingOut(
            environment=setting.environment.key, number=setting.definition.number,
            definition=json.loads(setting.definition.text), everybody=setting.everybody, since=setting.since,
            killed_at=setting.killed_at, killed_variant=setting.killed_variant, killed_why=setting.killed_why,
        )
        for setting in row.settings
    ]  # fmt: skip
    return {
        "key": one.key, "title": one.title, "description": one.description, "owner": one.owner.ref, "kind": one.kind,
        "purpose": one.purpose, "lifecycle": row.lifecycle.value, "remove_on": one.remove_on,
        "kept_until": one.kept_until, "asked_at": one.asked_at, "asked_why": one.asked_why,
        "created_at": one.created_at, "changed_at": one.changed_at, "archived_at": one.archived_at,
        "version": one.version, "environments": settings,
    }  # fmt: skip


def flag_out(row: FlagRow) -> FlagOut:
    return FlagOut(**_values(row))


def told_out(told: Told) -> FlagToldOut:
    settings = []
    for one in told.rows:
        if one.setting is not None:
            one.setting.environment = one.environment
            settings.append(one.setting)
    plans = [plan_out(plan, one.environment) for one in told.rows for plan in one.plans]
    return FlagToldOut(
        **_values(FlagRow(told.flag, tuple(settings), told.lifecycle)), plans=plans,
        may_change=told.may_change.allowed, may_change_why=told.may_change.reason,
        due_at=told.face.due_at if told.face else None,
        asked_person=told.asked_person.ref if told.asked_person else None,
    )  # fmt: skip


def plan_out(plan: Plan, environment: Environment) -> FlagPlanOut:
    return FlagPlanOut(
        id=plan.pk, environment=environment.key, at=plan.at, deed=plan.deed, variant=plan.variant, reason=plan.reason,
        by=plan.label, done_at=plan.done_at, failed=plan.failed,
    )  # fmt: skip


def definition_out(row: Definition) -> FlagDefinitionOut:
    return FlagDefinitionOut(
        number=row.number, definition=json.loads(row.text), text=row.text, reason=row.reason, by=row.label, at=row.at,
        number_restored=row.number_restored,
    )  # fmt: skip


def token_values(row: FlagToken, environment: Environment) -> dict[str, Any]:
    return {
        "id": row.pk, "environment": environment.key, "name": row.name, "reach": row.reach, "prefix": row.prefix,
        "created_at": row.created_at, "revoked_at": row.revoked_at,
    }  # fmt: skip


def preview_out(found: Explanation) -> FlagPreviewOut:
    answer = found.answer
    return FlagPreviewOut(
        value=answer.value, variant=answer.variant, reason=answer.reason, metadata=dict(answer.metadata),
        error=answer.error, details=answer.details, left_out=found.left_out,
        steps=[FlagStepOut(path=one.path, depth=one.depth, rule=one.rule, value=one.value) for one in found.steps],
    )  # fmt: skip


FlagToldOut.model_rebuild()
