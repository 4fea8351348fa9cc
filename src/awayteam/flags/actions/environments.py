"""Environments: made, their shared rules, and the tokens with which applications ask."""

import json
import secrets
from datetime import datetime

from django.db import transaction

from awayteam.accounts.rules import digest
from awayteam.flags.actions.common import bump, refused
from awayteam.flags.evaluating import BadDefinition, Problem, line_of, read, read_document
from awayteam.flags.evaluating.logic import Compiler
from awayteam.flags.models import Environment, FlagToken
from awayteam.flags.permissions import Verb, can
from awayteam.flags.rules import ENVIRONMENT, Reach
from awayteam.kernel import events
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput, NotFound
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.rules import require_reason

FIRST = (("production", "Production"), ("staging", "Staging"), ("development", "Development"))
TOKEN_START = "awfl_"  # noqa: S105
LONGEST_RULES = 256 * 1024


def _subject(environment: Environment) -> Subject:
    return Subject("flag-environment", environment.pk, environment.key)


def create_environment(key: str, title: str, *, actor: Actor, now: datetime, reason: str = "") -> Environment:
    """A further place where flags are asked. Raises `NotAllowed`, `InvalidInput`, `Conflict`."""
    can(actor, Verb.ENVIRONMENTS, None, now).require()
    if len(key) > 60 or not ENVIRONMENT.fullmatch(key):
        what = "small letters, digits, and - between them; at most 60"
        raise InvalidInput(f"{key[:80]!r} is no key of an environment: {what}.", fields={"key": what})
    if not title.strip() or len(title) > 200 or "\0" in title:
        raise InvalidInput("An environment has a title of 1 to 200 characters.", fields={"title": "1 to 200"})
    with transaction.atomic():
        if Environment.objects.filter(key=key).exists():
            raise Conflict(f"There is an environment {key} already.")
        row = Environment.objects.create(
            key=key, title=title.strip(), position=Environment.objects.count(), created_at=now, changed_at=now
        )
        name = EventName.FLAG_ENVIRONMENT_CREATED
        events.append(name, subject=_subject(row), actor=actor, now=now, reason=reason)
    return row


def ensure_environments(*, actor: Actor, now: datetime) -> list[Environment]:
    """The environments; the usual three are made where there is none yet."""
    if not Environment.objects.exists():
        for key, title in FIRST:
            create_environment(key, title, actor=actor, now=now)
    return list(Environment.objects.all())


def share_rules(environment: Environment, text: str, *, actor: Actor, now: datetime, reason: str) -> Environment:
    """Write the rules that flags of the environment refer to with `$ref`, as an object of JSON.

    Raises `NotAllowed`, and `InvalidInput` where one of them isn't well or one that is referred to is missing.
    """
    require_reason(reason)
    can(actor, Verb.ENVIRONMENTS, None, now).require()
    try:
        data = read(text, LONGEST_RULES)
        if not isinstance(data, dict):
            raise BadDefinition([Problem("", "an object with the rules by their names", 1)])
        problems = []
        for name, rule in data.items():
            compiler = Compiler("", data)
            compiler.compile(rule, (name,))
            problems += [Problem(name, what, line_of(text, path)) for path, what in compiler.problems]
        if problems:
            raise BadDefinition(problems)
    except BadDefinition as error:
        raise refused(error, "evaluators") from None
    with transaction.atomic():
        row = Environment.objects.select_for_update().get(pk=environment.pk)
        _still_referred(row, text)
        before, row.evaluators = row.evaluators, text
        row.save(update_fields=["evaluators"])
        bump([row.pk], now)
        events.append(
            EventName.FLAG_ENVIRONMENT_CHANGED, subject=_subject(row), actor=actor, now=now, reason=reason,
            changes={"evaluators": (before, text)},
        )  # fmt: skip
    return row


def _still_referred(environment: Environment, text: str) -> None:
    """Refuse rules without which a flag that is well now wouldn't be any more."""
    rows = environment.settings.filter(flag__archived_at=None).select_related("flag", "definition")
    flags = {row.flag.key: json.loads(row.definition.text) for row in rows}
    source = {"flags": flags, "$evaluators": json.loads(environment.evaluators)}
    before = read_document(json.dumps(source)).problems()
    after = read_document(json.dumps(source | {"$evaluators": json.loads(text)})).problems()
    if broken := sorted(set(after) - set(before)):
        named = ", ".join(broken[:10])
        raise InvalidInput(
            f"{named} would not be well defined any more.", "Change these flags first.",
            {"evaluators": f"breaks {named}"},
        )  # fmt: skip


def create_token(
    environment: Environment, name: str, reach: Reach, *, actor: Actor, now: datetime
) -> tuple[FlagToken, str]:
    """A token for an application, and its secret, which is never shown again.

    Raises `NotAllowed`, `InvalidInput`, `Conflict` (the name is taken).
    """
    can(actor, Verb.ENVIRONMENTS, None, now).require()
    if not name.strip() or len(name) > 100 or "\0" in name:
        raise InvalidInput("A token has a name of 1 to 100 characters.", fields={"name": "1 to 100 characters"})
    secret = TOKEN_START + secrets.token_urlsafe(32)
    with transaction.atomic():
        if FlagToken.objects.filter(environment=environment, name=name.strip(), revoked_at=None).exists():
            raise Conflict(f"There is a token {name.strip()!r} for {environment} already.", "Choose another name.")
        row = FlagToken.objects.create(
            environment=environment, name=name.strip(), reach=reach.value, digest=digest(secret),
            prefix=secret[:12], created_by_id=actor.person_id, created_at=now,
        )  # fmt: skip
        bump([environment.pk], now)
        data = {"token": row.name, "reach": row.reach}
        name_ = EventName.FLAG_TOKEN_CREATED
        events.append(name_, subject=_subject(environment), actor=actor, now=now, data=data)
    return row, secret


def revoke_token(token: FlagToken, *, actor: Actor, now: datetime, reason: str = "") -> FlagToken:
    """End a token: who shows it is refused from the next request on. Raises `NotFound`, `NotAllowed`, `Conflict`."""
    can(actor, Verb.ENVIRONMENTS, None, now).require()
    with transaction.atomic():
        row = (
            FlagToken.objects.select_for_update(of=("self",)).select_related("environment").filter(pk=token.pk).first()
        )
        if row is None:
            raise NotFound("There is no such token.")
        if row.revoked_at is not None:
            raise Conflict(f"The token {row.name!r} is revoked already.")
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        bump([row.environment_id], now)
        name = EventName.FLAG_TOKEN_REVOKED
        events.append(
            name, subject=_subject(row.environment), actor=actor, now=now, reason=reason, data={"token": row.name}
        )
    return row
