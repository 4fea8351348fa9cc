"""Taking a file of flags, as flagd reads it: flag by flag, so that a bad one sinks none of the others."""

from dataclasses import dataclass, field
from datetime import datetime

import orjson
from django.db import transaction

from awayteam.flags.actions.common import evaluators_of, refused
from awayteam.flags.actions.defining import define
from awayteam.flags.actions.environments import share_rules
from awayteam.flags.actions.keeping import Wanted, create
from awayteam.flags.evaluating import BadDefinition, Document, read_document
from awayteam.flags.models import Definition, Environment, Flag, Setting
from awayteam.flags.rules import Purpose, wrong_key
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import AwayteamError
from awayteam.organisation.models import Team


@dataclass(slots=True)
class Imported:
    """What became of each flag of a file, by key; `refused` says why."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    rules: bool = False


def import_document(
    text: str | bytes,
    environment: Environment,
    owner: Team,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    purpose: Purpose = Purpose.RELEASE,
    as_is: bool = False,
) -> Imported:
    """Write the flags of a file into an environment. New ones belong to `owner`; those that are there keep theirs.

    Shared rules of the file are added to the environment's, and take the place of those with their names. Flags that
    aren't in the file stay. `as_is` takes flags with problems too, which then answer PARSE_ERROR, as with flagd.
    Raises `InvalidInput` where the file as a whole can't be read, `NotAllowed` for shared rules that differ.
    """
    try:
        document = read_document(text)
    except BadDefinition as error:
        raise refused(error, "file") from None
    made = Imported()
    before = evaluators_of(environment)
    after = before | document.evaluators
    if after != before:
        share_rules(environment, _text(after), actor=actor, now=now, reason=reason)
        environment.refresh_from_db()
        made.rules = True
    known = Flag.objects.select_related("owner").in_bulk(
        [key for key in document.flags if not wrong_key(key)], field_name="key"
    )
    for key, definition in document.flags.items():
        data = _with_metadata(definition, document)
        try:
            with transaction.atomic():
                _one(known.get(key), key, _text(data), environment, owner, purpose, as_is, made, actor, now, reason)
        except AwayteamError as error:
            made.refused[key] = str(error)
    return made


def _one(
    flag: Flag | None, key: str, text: str, environment: Environment, owner: Team, purpose: Purpose, as_is: bool,
    made: Imported, actor: Actor, now: datetime, reason: str,
) -> None:  # fmt: skip
    if flag is None:
        wanted = Wanted(key, owner, text, purpose, environments=[environment])
        create(wanted, actor=actor, now=now, reason=reason, as_is=as_is)
        made.created.append(key)
        return
    before = Definition.objects.filter(
        pk__in=Setting.objects.filter(flag=flag, environment=environment).values("definition")
    ).first()
    if before is not None and orjson.loads(before.text) == orjson.loads(text):
        made.unchanged.append(key)
        return
    define(flag, environment, text, actor=actor, now=now, reason=reason, as_is=as_is)
    made.changed.append(key)


def _with_metadata(definition: object, document: Document) -> object:
    """Metadata of the whole file goes into each flag: flags of many files live in one environment."""
    if not document.metadata or not isinstance(definition, dict):
        return definition
    own = definition.get("metadata")
    return definition | {"metadata": document.metadata | (own if isinstance(own, dict) else {})}


def _text(data: object) -> str:
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()
