"""The rulesets of all environments, compiled and kept in this process.

Each request asks one statement: the versions of the environments. Where one differs from what is kept, that environment
is read and compiled again, so that a change holds from the next request on, in every process.
"""

import json
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from awayteam.accounts.rules import digest
from awayteam.flags.evaluating import Document, Ruleset
from awayteam.flags.models import Environment, FlagToken, Setting
from awayteam.flags.rules import Reach


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token was shown."""

    token: int
    environment: int
    reach: Reach


@dataclass(frozen=True, slots=True)
class Served:
    """What one environment serves: `document` is flagd's JSON of it, `version` names this state of it."""

    environment: str
    version: str
    changed_at: datetime
    ruleset: Ruleset
    document: bytes


class Cache:
    """Safe for many threads. Compiling is done once, by one of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._versions: dict[int, int] = {}
        self._callers: dict[str, Caller] = {}
        self._served: dict[int, tuple[int, Served]] = {}

    def caller(self, token: str) -> Caller | None:
        """Whose token this is; None for one that isn't known or is revoked. One statement."""
        self._look()
        return self._callers.get(digest(token)) if token else None

    def served(self, environment: int) -> Served | None:
        """What the environment serves, as of the last look; None where there is no such environment."""
        version = self._versions.get(environment)
        if version is None:
            return None
        kept = self._served.get(environment)
        if kept is None or kept[0] != version:
            with self._lock:
                kept = self._served.get(environment)
                if kept is None or kept[0] != version:
                    made = compile_environment(environment)
                    if made is None:
                        return None
                    kept = self._served[environment] = (version, made)
        return kept[1]

    def latest(self, environment: int) -> Served | None:
        """As `served`, after a look. One statement where nothing has changed."""
        self._look()
        return self.served(environment)

    def _look(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, version FROM flags_environment", [])
            versions = dict(cursor.fetchall())
        if versions != self._versions:
            with self._lock:
                rows = FlagToken.objects.filter(revoked_at=None)
                found = rows.values_list("digest", "pk", "environment_id", "reach")
                self._callers = {one: Caller(pk, where, Reach(reach)) for one, pk, where, reach in found}
                self._versions = versions


CACHE = Cache()


def compile_environment(pk: int) -> Served | None:
    """Read and compile what one environment serves: three statements."""
    environment = Environment.objects.filter(pk=pk).first()
    if environment is None:
        return None
    document = served_document(environment)
    version = f"{environment.key}.{environment.version}"
    plain = {"flags": document.flags, "$evaluators": document.evaluators}
    return Served(
        environment.key, version, environment.changed_at, document.ruleset(version), orjson.dumps(plain)
    )  # fmt: skip


def served_document(environment: Environment) -> Document:
    """The flags of an environment as they are served now, with what kill switches do to them; by key."""
    rows = Setting.objects.filter(environment=environment, flag__archived_at=None).select_related("flag", "definition")
    flags = {row.flag.key: effective(json.loads(row.definition.text), row) for row in rows.order_by("flag__key")}
    evaluators = json.loads(environment.evaluators)
    return Document(flags, evaluators, {}, "")


def effective(definition: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """The definition, or what it becomes while the flag is switched off: one variant for all, or the code's default."""
    if setting.killed_at is None:
        return definition
    if not setting.killed_variant:
        return definition | {"state": "DISABLED"}
    rest = {name: value for name, value in definition.items() if name != "targeting"}
    return rest | {"state": "ENABLED", "defaultVariant": setting.killed_variant}
