"""One flag: what it is in each environment, its definitions in time, and what somebody would get of it."""

import difflib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awayteam.flags.evaluating import BadDefinition, Explanation, Problem, explain, line_of, misspelt, read
from awayteam.flags.evaluating import Flag as Evaluated
from awayteam.flags.evaluating.text import too_deep, written
from awayteam.flags.models import Definition, Environment, Flag, FlagToken, Plan, Setting
from awayteam.flags.permissions import Verb, can, visible
from awayteam.flags.queries.lists import lifecycle
from awayteam.flags.rules import Lifecycle
from awayteam.flags.serving.cache import effective, served_document
from awayteam.kernel import clockface
from awayteam.kernel.actor import Actor
from awayteam.kernel.clockface import ClockFace
from awayteam.kernel.errors import InvalidInput, NotFound
from awayteam.kernel.models import Clock, ClockState
from awayteam.kernel.permissions import Decision
from awayteam.organisation.models import Person, Team

LONGEST_CONTEXT = 64 * 1024
DEEPEST_CONTEXT = 32
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class SettingRow:
    """What the flag is in one environment; `setting` is None where it isn't defined. `data` is the JSON of it."""

    environment: Environment
    setting: Setting | None
    data: dict[str, Any]
    problems: tuple[Problem, ...]
    plans: tuple[Plan, ...]

    @property
    def variants(self) -> dict[str, Any]:
        found = self.data.get("variants")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Told:
    """A flag as its page tells it. `face` is the clock of a question whether it may go; `asked` whose turn that is."""

    flag: Flag
    lifecycle: Lifecycle
    rows: tuple[SettingRow, ...]
    may_change: Decision
    face: ClockFace | None
    asked_person: Person | None
    asked_team: Team | None

    def row(self, key: str) -> SettingRow:
        """The environment with this key, else the first; raises `NotFound` for a key that there isn't."""
        for one in self.rows:
            if not key or one.environment.key == key:
                return one
        raise NotFound(f"There is no environment {key[:60]!r}.")


def flag(actor: Actor, key: str, now: datetime) -> Flag:
    """The flag with this key, with its owner. Raises `NotFound`."""
    found = visible(actor, Flag.objects.all(), now).select_related("owner").filter(key=key.replace("\0", "")).first()
    if found is None:
        raise NotFound(f"There is no flag {key[:200]!r}.", "See all with `awayteam flag list`.")
    return found


def environments(actor: Actor) -> list[Environment]:  # noqa: ARG001 - seen by all
    return list(Environment.objects.all())


def environment(actor: Actor, key: str) -> Environment:
    """The environment with this key; "" is the first. Raises `NotFound`."""
    rows = environments(actor)
    for one in rows:
        if not key or one.key == key:
            return one
    known = ", ".join(one.key for one in rows) or "none yet"
    raise NotFound(f"There is no environment {key[:60]!r}.", f"There are: {known}.")


def told(actor: Actor, key: str, now: datetime) -> Told:
    """A flag in every environment. Six statements."""
    row = flag(actor, key, now)
    settings = {
        one.environment_id: one for one in Setting.objects.filter(flag=row).select_related("definition", "flag")
    }
    plans: dict[int, list[Plan]] = {}
    for plan in Plan.objects.filter(setting__flag=row, cancelled_at=None).order_by("-at")[:MOST_SHOWN]:
        plans.setdefault(plan.setting_id, []).append(plan)
    rows = tuple(_row(one, settings.get(one.pk), plans) for one in environments(actor))
    running = Clock.objects.filter(subject_kind="flag", subject_id=row.pk, state=ClockState.RUNNING).first()
    return Told(
        row, lifecycle(row, now.date()), rows, can(actor, Verb.CHANGE, row, now),
        clockface.describe(running, now) if running else None,
        Person.objects.filter(pk=running.turn_person_id).first() if running and running.turn_person_id else None,
        Team.objects.filter(pk=running.turn_team_id).first() if running and running.turn_team_id else None,
    )  # fmt: skip


def _row(environment: Environment, setting: Setting | None, plans: dict[int, list[Plan]]) -> SettingRow:
    if setting is None:
        return SettingRow(environment, None, {}, (), ())
    text = setting.definition.text
    data = json.loads(text)
    made = Evaluated(setting.flag.key, data, json.loads(environment.evaluators))
    found = [*made.problems, *misspelt(made, data)]
    problems = tuple(Problem(written(path), what, line_of(text, path)) for path, what in found)
    return SettingRow(environment, setting, data, problems, tuple(plans.get(setting.pk, ())))


def definitions(row: Flag, environment: Environment) -> list[Definition]:
    """The definitions in an environment, the newest first; at most a hundred."""
    return list(Definition.objects.filter(flag=row, environment=environment).order_by("-number")[:MOST_SHOWN])


def definition(row: Flag, environment: Environment, number: int) -> Definition:
    """One definition by its number. Raises `NotFound`."""
    found = Definition.objects.filter(flag=row, environment=environment, number=number).first()
    if found is None:
        raise NotFound(f"{row.key} has no definition {number} in {environment}.")
    return found


def difference(before: Definition | None, after: Definition) -> list[tuple[str, str]]:
    """What changed between two definitions, as lines with "+", "-", " " or "@" for where they stand."""
    old = _lines(before.text) if before is not None else []
    found = list(difflib.unified_diff(old, _lines(after.text), lineterm="", n=3))[2:]
    return [(line[:1], line if line.startswith("@") else line[1:]) for line in found]


def _lines(text: str) -> list[str]:
    """Texts are compared line by line as they were written; one long line is spread out first."""
    lines = text.splitlines()
    return lines if len(lines) > 1 else json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()


def preview(actor: Actor, row: Flag, environment: Environment, context: str, *, text: str | None = None) -> Explanation:  # noqa: ARG001 - seen by all
    """What this context (JSON) would get now, and why; of `text` in place of what is served.

    Raises `InvalidInput` for a context or text that can't be read, `NotFound` where the flag isn't defined there.
    """
    found = _context(context)
    if text is None:
        setting = Setting.objects.select_related("definition").filter(flag=row, environment=environment).first()
        if setting is None:
            raise NotFound(f"{row.key} isn't defined in {environment}.", "Define it there first.")
        data = effective(json.loads(setting.definition.text), setting)
    else:
        data = _read(text, LONGEST_CONTEXT, "definition")
    return explain(row.key, data, json.loads(environment.evaluators), found)


def _context(text: str) -> dict[str, Any]:
    data = _read(text or "{}", LONGEST_CONTEXT, "context")
    if not isinstance(data, dict) or too_deep(data, DEEPEST_CONTEXT):
        what = 'an object, such as {"targetingKey": "user-1"}, nested at most 32 deep'
        raise InvalidInput(f"A context is {what}.", fields={"context": what})
    return data


def _read(text: str, longest: int, field: str) -> Any:
    try:
        return read(text, longest)
    except BadDefinition as error:
        words = str(error)
        raise InvalidInput(f"The {field} can't be read.", f"Mend it: {words}.", {field: words}) from None


def exported(actor: Actor, environment: Environment) -> dict[str, Any]:  # noqa: ARG001 - seen by all
    """All flags of an environment as flagd's JSON, as they are served."""
    found = served_document(environment)
    made: dict[str, Any] = {"flags": found.flags}
    return made | {"$evaluators": found.evaluators} if found.evaluators else made


def tokens(actor: Actor, environment: Environment, now: datetime) -> list[FlagToken]:
    """The tokens of an environment, without their secrets, for those who may make some; none for others."""
    if not can(actor, Verb.ENVIRONMENTS, None, now):
        return []
    return list(FlagToken.objects.filter(environment=environment).select_related("created_by"))
