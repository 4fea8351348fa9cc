"""What experiments share: metrics, sources of facts, and the programs that send facts."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from awayteam.experiments.design import KEY, Direction, MetricKind
from awayteam.experiments.models import FactSource, Metric, Sender, SourceKind
from awayteam.experiments.permissions import can_connect, can_define, can_design
from awayteam.kernel import events, rulebook
from awayteam.kernel import secrets as sealing
from awayteam.kernel.actor import Actor
from awayteam.kernel.errors import Conflict, InvalidInput
from awayteam.kernel.events import EventName, Subject
from awayteam.organisation.models import Team

PURPOSE = "facts"
FILES = (SourceKind.PARQUET, SourceKind.CSV, SourceKind.DUCKDB)
TOKEN_START = "awfs_"  # noqa: S105 - by which a token is recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A metric as somebody wants it; see `models.Metric`."""

    key: str
    title: str
    team: Team
    kind: str
    direction: str
    event: str
    over: str = ""
    quantile: float = 0.5
    after_days: int = 0
    winsor: float = 1.0
    cluster: str = ""
    unit: str = ""
    description: str = ""


def define(wanted: Definition, *, actor: Actor, now: datetime) -> Metric:
    """Define a metric for everybody. Raises `NotAllowed`, `Conflict` (the key is taken), `InvalidInput`."""
    can_define(actor, wanted.team).require()
    _refuse(_wrong(wanted))
    row = Metric(created_at=now, changed_at=now, **_values(wanted))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            events.append(EventName.METRIC_DEFINED, subject=_metric(row), actor=actor, now=now, data=_plain(wanted))
    except IntegrityError as error:
        what = f"There is a metric {wanted.key} already."
        raise Conflict(what, "Use it, or name yours otherwise.", {"key": what}) from error
    return row


def redefine(metric: Metric, wanted: Definition, *, reason: str, actor: Actor, now: datetime) -> Metric:
    """Change a definition. Experiments that are registered keep theirs. Raises as `define`; its key stays."""
    can_define(actor, metric.team).require()
    can_define(actor, wanted.team).require()
    wrong = _wrong(wanted)
    if wanted.key != metric.key:
        wrong["key"] = "stays as it is: designs name it"
    if not reason.strip():
        wrong["reason"] = "is missing"
    _refuse(wrong)
    with transaction.atomic():
        row = Metric.objects.select_for_update().get(pk=metric.pk)
        before = {name: getattr(row, name) for name in _plain(wanted)}
        for name, value in _values(wanted).items():
            setattr(row, name, value)
        row.changed_at, row.version = now, row.version + 1
        row.save()
        changes = {name: (before[name], value) for name, value in _plain(wanted).items() if before[name] != value}
        events.append(
            EventName.METRIC_UPDATED, subject=_metric(row), actor=actor, now=now, reason=reason, changes=changes
        )
    return row


def retire(metric: Metric, *, reason: str, actor: Actor, now: datetime) -> Metric:
    """No new design uses it. Raises `NotAllowed`, `Conflict`, `InvalidInput`."""
    can_define(actor, metric.team).require()
    _refuse({} if reason.strip() else {"reason": "is missing"})
    with transaction.atomic():
        if not Metric.objects.filter(pk=metric.pk, retired_at__isnull=True).update(retired_at=now, changed_at=now):
            raise Conflict("The metric is retired already.", "Nothing is to be done.")
        events.append(EventName.METRIC_RETIRED, subject=_metric(metric), actor=actor, now=now, reason=reason)
    return Metric.objects.get(pk=metric.pk)


def _wrong(wanted: Definition) -> dict[str, str]:
    wrong = {}
    if not KEY.fullmatch(wanted.key):
        wrong["key"] = "small letters, digits, - and _, a letter first"
    for name, most in (("title", 200), ("event", 100)):
        text = getattr(wanted, name).strip()
        if not text or len(text) > most or "\0" in text:
            wrong[name] = f"from 1 to {most} characters"
    if wanted.kind not in set(MetricKind):
        wrong["kind"] = f"one of {', '.join(MetricKind)}"
    if wanted.direction not in set(Direction):
        wrong["direction"] = f"one of {', '.join(Direction)}"
    if (wanted.kind == MetricKind.RATIO) != bool(wanted.over.strip()):
        wrong["over"] = "a ratio names the event that it is divided by, and nothing else does"
    if not 0 < wanted.winsor <= 1:
        wrong["winsor"] = "above 0 and at most 1 (1 cuts nothing)"
    if not 0 < wanted.quantile < 1:
        wrong["quantile"] = "between 0 and 1"
    if not 0 <= wanted.after_days <= 365 or (wanted.kind == MetricKind.RETENTION) != bool(wanted.after_days):
        wrong["after_days"] = "from 1 to 365 for retention, 0 for everything else"
    if wanted.cluster and not KEY.fullmatch(wanted.cluster):
        wrong["cluster"] = "the name of a property: small letters, digits, - and _"
    if len(wanted.unit) > 20 or len(wanted.description) > 5_000 or len(wanted.over) > 100:
        wrong["description"] = "a text here is too long"
    return wrong


def _values(wanted: Definition) -> dict[str, Any]:
    return {"team": wanted.team, **_plain(wanted)}


def _plain(wanted: Definition) -> dict[str, Any]:
    names = ("key", "title", "kind", "direction", "event", "over", "quantile", "after_days", "winsor", "cluster",
             "unit", "description")  # fmt: skip
    return {name: getattr(wanted, name) for name in names}


def _metric(row: Metric) -> Subject:
    return Subject("metric", row.pk, row.title)


def add_sender(name: str, team: Team, *, actor: Actor, now: datetime) -> tuple[Sender, str]:
    """Let a program send facts: the row, and its token, which is shown this once and kept as a hash.

    Raises `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    can_design(actor, team).require()
    name = name.strip()
    _refuse({} if name and len(name) <= 100 and "\0" not in name else {"name": "from 1 to 100 characters"})
    token = TOKEN_START + secrets.token_urlsafe(32)
    row = Sender(name=name, team=team, token_hash=hash_of(token), made_by_id=actor.person_id, created_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            events.append(
                EventName.EXPERIMENT_SENDER_CREATED, subject=Subject("experiment-sender", row.pk, name), actor=actor,
                now=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(f"There is a sender {name} already.", "Name it otherwise.", {"name": "is taken"}) from error
    return row, token


def revoke_sender(sender: Sender, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take its token away at once; what it sent stays. Raises `NotAllowed`, `Conflict`."""
    can_design(actor, sender.team).require()
    with transaction.atomic():
        if not Sender.objects.filter(pk=sender.pk, revoked_at__isnull=True).update(revoked_at=now):
            raise Conflict("This sender is revoked already.", "Nothing is to be done.")
        events.append(
            EventName.EXPERIMENT_SENDER_REVOKED, subject=Subject("experiment-sender", sender.pk, sender.name),
            actor=actor, now=now, reason=reason,
        )  # fmt: skip


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def add_source(
    name: str, kind: str, *, exposures: str, events_: str, address: str = "", secret: str = "", actor: Actor,
    now: datetime,
) -> FactSource:  # fmt: skip
    """Name tables that the organisation keeps. Files must lie under a folder of the rulebook; secrets are sealed.

    Raises `NotAllowed`, `Conflict`, `InvalidInput`.
    """
    can_connect(actor).require()
    wrong = {}
    if kind not in SourceKind.values or kind == SourceKind.OWN:
        wrong["kind"] = f"one of {', '.join(one for one in SourceKind.values if one != SourceKind.OWN)}"
    for label, text, most in (("name", name, 100), ("exposures", exposures, 300), ("events", events_, 300)):
        if not text.strip() or len(text) > most or "\0" in text:
            wrong[label] = f"from 1 to {most} characters"
    if kind in FILES:
        files = [address] if kind == SourceKind.DUCKDB else [exposures, events_]
        wrong |= {"address" if kind == SourceKind.DUCKDB else "exposures": text
                  for text in map(outside, files) if text}  # fmt: skip
    _refuse(wrong)
    sealed = sealing.seal(secret, PURPOSE) if secret else ""
    row = FactSource(
        name=name.strip(), kind=kind, address=address.strip(), secret=sealed, exposures=exposures.strip(),
        events=events_.strip(), made_by_id=actor.person_id, created_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            events.append(
                EventName.EXPERIMENT_SOURCE_CREATED, subject=Subject("fact-source", row.pk, row.name), actor=actor,
                now=now, data={"kind": kind},
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(f"There is a source {name} already.", "Name it otherwise.", {"name": "is taken"}) from error
    return row


def remove_source(source: FactSource, *, reason: str, actor: Actor, now: datetime) -> None:
    """No new design reads it. Raises `NotAllowed`, `Conflict`."""
    can_connect(actor).require()
    with transaction.atomic():
        if not FactSource.objects.filter(pk=source.pk, ended_at__isnull=True).update(ended_at=now, secret=""):
            raise Conflict("This source is removed already.", "Nothing is to be done.")
        events.append(
            EventName.EXPERIMENT_SOURCE_REMOVED, subject=Subject("fact-source", source.pk, source.name), actor=actor,
            now=now, reason=reason,
        )  # fmt: skip


def outside(path: str) -> str:
    """What is wrong with the place of a file: "" where it lies under a folder that the rulebook names."""
    folders = [Path(one).resolve() for one in rulebook.current().experiments.source_folders]
    try:
        real = Path(path.split("*")[0]).resolve()
    except (OSError, ValueError, RuntimeError):
        return f"{path[:80]!r} is no path"
    if ".." in Path(path).parts or not Path(path).is_absolute():
        return f"{path[:80]!r} must be an absolute path without .."
    if not any(real == one or one in real.parents for one in folders):
        return f"{path[:80]!r} lies under none of the folders that the rulebook names (experiments.source_folders)"
    return ""


def _refuse(wrong: dict[str, str]) -> None:
    if wrong:
        said = "; ".join(f"{name}: {text}" for name, text in wrong.items())
        raise InvalidInput(f"This can't be used: {said}.", "Mend these.", wrong)
