"""REST of flags: what there is, what each is in its environments, and everything that one may do with them."""

from typing import Annotated, Any

import orjson
from django.utils import timezone
from ninja import Query, Router, Status

from awayteam.flags import actions, queries
from awayteam.flags.api import schemas
from awayteam.flags.models import Environment, Flag, FlagToken, Plan
from awayteam.flags.permissions import Verb, can
from awayteam.kernel.errors import NotFound
from awayteam.kernel.requests import Request
from awayteam.kernel.rest import Id, PageOf, guarded, page_of
from awayteam.organisation import queries as organisation

router = Router(tags=["flags"])
PLACE = "/{key}/environments/{environment}"


def _flag(request: Request, key: str) -> Flag:
    return queries.flag(request.actor, key, timezone.now())


def _story(request: Request, key: str) -> schemas.FlagToldOut:
    return schemas.told_out(queries.told(request.actor, key, timezone.now()))


def _place(request: Request, key: str, environment: str) -> tuple[Flag, Environment]:
    return _flag(request, key), queries.environment(request.actor, environment)


@router.get("", response=PageOf[schemas.FlagOut])
def list_flags(request: Request, query: Annotated[schemas.FlagsQuery, Query()]) -> Any:
    """Flags with what they are in each environment; those that should go come first."""
    wanted = queries.FlagFilter(
        tuple(query.owner), tuple(query.purpose), tuple(query.kind), query.stale, query.killed, query.archived,
        query.mine, query.text,
    )  # fmt: skip
    page = queries.flags(request.actor, wanted, timezone.now(), sort=query.sort, cursor=query.cursor, limit=query.limit)
    return page_of(page, [schemas.flag_out(row) for row in page.items])


@router.post("", response={201: schemas.FlagToldOut})
def create_flag(request: Request, body: schemas.FlagIn) -> Any:
    """Make a flag with its first definition."""
    actor = request.actor
    wanted = actions.Wanted(
        body.key, organisation.team(actor, body.owner), schemas.text_of(body.definition), body.purpose, body.title,
        body.description, body.remove_on, [queries.environment(actor, one) for one in body.environments],
    )  # fmt: skip
    made = actions.create(wanted, actor=actor, now=timezone.now(), reason=body.reason)
    return Status(201, _story(request, made.key))


@router.get("/environments", response=list[schemas.FlagEnvironmentOut])
def list_flag_environments(request: Request) -> Any:
    """Where flags are asked, with the rules that they share."""
    return [schemas.environment_out(one) for one in queries.environments(request.actor)]


@router.post("/environments", response={201: schemas.FlagEnvironmentOut})
def create_flag_environment(request: Request, body: schemas.FlagEnvironmentIn) -> Any:
    """Make an environment; for administrators."""
    made = actions.create_environment(body.key, body.title, actor=request.actor, now=timezone.now())
    return Status(201, schemas.environment_out(made))


@router.put("/environments/{environment}/rules", response=schemas.FlagEnvironmentOut)
def share_flag_rules(request: Request, environment: str, body: schemas.FlagRulesIn) -> Any:
    """Write the rules to which flags of the environment refer with `$ref`; for administrators."""
    row = queries.environment(request.actor, environment)
    with guarded(request, row, lambda: schemas.environment_out(queries.environment(request.actor, environment))):
        text = schemas.text_of(body.evaluators)
        actions.share_rules(row, text, actor=request.actor, now=timezone.now(), reason=body.reason)
    return schemas.environment_out(queries.environment(request.actor, environment))


@router.get("/environments/{environment}/export", response=dict[str, Any])
def export_flags(request: Request, environment: str) -> Any:
    """All flags of an environment as flagd's JSON, as they are served."""
    return queries.exported(request.actor, queries.environment(request.actor, environment))


@router.post("/environments/{environment}/import", response=schemas.FlagImportOut)
def import_flags(request: Request, environment: str, body: schemas.FlagImportIn) -> Any:
    """Write the flags of a file into an environment, each for itself."""
    text = body.file if isinstance(body.file, str) else orjson.dumps(body.file)
    made = actions.import_document(
        text, queries.environment(request.actor, environment), organisation.team(request.actor, body.owner),
        actor=request.actor, now=timezone.now(), reason=body.reason, purpose=body.purpose, as_is=body.as_is,
    )  # fmt: skip
    return schemas.FlagImportOut(
        created=made.created, changed=made.changed, unchanged=made.unchanged, refused=made.refused, rules=made.rules
    )


@router.get("/environments/{environment}/tokens", response=list[schemas.FlagTokenOut])
def list_flag_tokens(request: Request, environment: str) -> Any:
    """The tokens of an environment, without their secrets; for administrators."""
    can(request.actor, Verb.ENVIRONMENTS, None, timezone.now()).require()
    row = queries.environment(request.actor, environment)
    return [
        schemas.FlagTokenOut(**schemas.token_values(one, row))
        for one in queries.tokens(request.actor, row, timezone.now())
    ]


@router.post("/environments/{environment}/tokens", response={201: schemas.FlagTokenMadeOut})
def create_flag_token(request: Request, environment: str, body: schemas.FlagTokenIn) -> Any:
    """Make a token for an application; its secret is in this answer and nowhere else."""
    row = queries.environment(request.actor, environment)
    made, secret = actions.create_token(row, body.name, body.reach, actor=request.actor, now=timezone.now())
    return Status(201, schemas.FlagTokenMadeOut(**schemas.token_values(made, row), secret=secret))


@router.delete("/tokens/{id}", response={204: None})
def revoke_flag_token(request: Request, id: Id) -> Any:
    """End a token; who shows it is refused from now on."""
    can(request.actor, Verb.ENVIRONMENTS, None, timezone.now()).require()
    row = FlagToken.objects.filter(pk=id).first()
    if row is None:
        raise NotFound("There is no such token.")
    actions.revoke_token(row, actor=request.actor, now=timezone.now())
    return Status(204, None)


@router.delete("/plans/{id}", response={204: None})
def cancel_flag_plan(request: Request, id: Id) -> Any:
    """Take a plan back before its time."""
    row = Plan.objects.select_related("setting__flag").filter(pk=id).first()
    if row is None:
        raise NotFound("There is no such plan.")
    actions.cancel_plan(row, actor=request.actor, now=timezone.now())
    return Status(204, None)


@router.get("/{key}", response=schemas.FlagToldOut)
def show_flag(request: Request, key: str) -> Any:
    """One flag with what it is everywhere, its plans, and whether the caller may change it."""
    return _story(request, key)


@router.patch("/{key}", response=schemas.FlagToldOut)
def edit_flag(request: Request, key: str, body: schemas.FlagEditIn) -> Any:
    """Change what is said of a flag."""
    row = _flag(request, key)
    owner = organisation.team(request.actor, body.owner) if body.owner is not None else None
    with guarded(request, row, lambda: _story(request, key)):
        actions.edit(
            row, actor=request.actor, now=timezone.now(), reason=body.reason, title=body.title,
            description=body.description, owner=owner, purpose=body.purpose, remove_on=body.remove_on,
            no_removal=body.no_removal,
        )  # fmt: skip
    return _story(request, key)


@router.post("/{key}/archive", response=schemas.FlagToldOut)
def archive_flag(request: Request, key: str, body: schemas.FlagReasonIn) -> Any:
    """Say that the flag is gone from the code; it is served no more."""
    actions.archive(_flag(request, key), actor=request.actor, now=timezone.now(), reason=body.reason)
    return _story(request, key)


@router.post("/{key}/restore", response=schemas.FlagToldOut)
def restore_flag(request: Request, key: str, body: schemas.FlagReasonIn) -> Any:
    """Serve an archived flag again."""
    actions.restore(_flag(request, key), actor=request.actor, now=timezone.now(), reason=body.reason)
    return _story(request, key)


@router.post("/{key}/keep", response=schemas.FlagToldOut)
def keep_flag(request: Request, key: str, body: schemas.FlagKeepIn) -> Any:
    """Say why a flag stays, and until when nobody asks again."""
    actions.keep(_flag(request, key), body.until, actor=request.actor, now=timezone.now(), reason=body.reason)
    return _story(request, key)


@router.put(f"{PLACE}/definition", response=schemas.FlagToldOut)
def define_flag(request: Request, key: str, environment: str, body: schemas.FlagDefineIn) -> Any:
    """Let the flag be this in the environment from now on."""
    row, place = _place(request, key, environment)
    with guarded(request, row, lambda: _story(request, key)):
        actions.define(
            row, place, schemas.text_of(body.definition), actor=request.actor, now=timezone.now(),
            reason=body.reason, number=body.number,
        )  # fmt: skip
    return _story(request, key)


@router.get(f"{PLACE}/definitions", response=list[schemas.FlagDefinitionOut])
def list_flag_definitions(request: Request, key: str, environment: str) -> Any:
    """What the flag was in the environment, the newest first; a hundred at most."""
    return [schemas.definition_out(one) for one in queries.definitions(*_place(request, key, environment))]


@router.post(f"{PLACE}/roll-back", response=schemas.FlagToldOut)
def roll_back_flag(request: Request, key: str, environment: str, body: schemas.FlagRollBackIn) -> Any:
    """Bring an earlier definition back, as a new one."""
    row, place = _place(request, key, environment)
    actions.roll_back(row, place, body.number, actor=request.actor, now=timezone.now(), reason=body.reason)
    return _story(request, key)


@router.post(f"{PLACE}/kill", response=schemas.FlagToldOut)
def kill_flag(request: Request, key: str, environment: str, body: schemas.FlagKillIn) -> Any:
    """Give everybody one variant at once, or the default in their code."""
    row, place = _place(request, key, environment)
    actions.kill(row, place, actor=request.actor, now=timezone.now(), reason=body.reason, variant=body.variant)
    return _story(request, key)


@router.post(f"{PLACE}/release", response=schemas.FlagToldOut)
def release_flag(request: Request, key: str, environment: str, body: schemas.FlagReasonIn) -> Any:
    """Let the definition hold again after the kill switch."""
    row, place = _place(request, key, environment)
    actions.release(row, place, actor=request.actor, now=timezone.now(), reason=body.reason)
    return _story(request, key)


@router.post(f"{PLACE}/plans", response={201: schemas.FlagPlanOut})
def plan_flag(request: Request, key: str, environment: str, body: schemas.FlagPlanIn) -> Any:
    """Let a change happen by itself at a time."""
    row, place = _place(request, key, environment)
    made = actions.plan(
        row, place, body.at, body.deed, actor=request.actor, now=timezone.now(), reason=body.reason,
        text=schemas.text_of(body.definition), variant=body.variant,
    )  # fmt: skip
    return Status(201, schemas.plan_out(made, place))


@router.post(f"{PLACE}/preview", response=schemas.FlagPreviewOut)
def preview_flag(request: Request, key: str, environment: str, body: schemas.FlagPreviewIn) -> Any:
    """What a context would get of the flag, and why, step by step."""
    row, place = _place(request, key, environment)
    text = schemas.text_of(body.definition) if body.definition is not None else None
    found = queries.preview(request.actor, row, place, orjson.dumps(body.context).decode(), text=text)
    return schemas.preview_out(found)
