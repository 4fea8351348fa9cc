"""A flag made ready to be asked: its variants, what it gives without looking, and its rule.

An answer has a value, or none ("use the default in the code"), or an error code of OpenFeature. Answers are made once
for each variant; asking makes a new one only where an experiment has something to add.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from . import operators, targeting
from .assigning import Assigned
from .logic import Compiler, Fn, Run, TooMuch, Watch
from .text import Path, Problem, with_lines, written
from .values import kind, text

assert operators, targeting  # imported for the operators that they note
MOST_VARIANTS = 200
LONGEST_KEY = 200
MOST_KEPT = 10_000
"""Answers of experiments that are kept ready: one for each arm, reason and epoch."""
LONGEST_DEFINITION = 64 * 1024


class Reason(StrEnum):
    """Why a flag has its value; the names of OpenFeature."""

    DEFAULT = "DEFAULT"
    DISABLED = "DISABLED"
    ERROR = "ERROR"
    SPLIT = "SPLIT"
    STATIC = "STATIC"
    TARGETING_MATCH = "TARGETING_MATCH"


class Code(StrEnum):
    """What went wrong; the names of OpenFeature."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    GENERAL = "GENERAL"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    PARSE_ERROR = "PARSE_ERROR"
    TYPE_MISMATCH = "TYPE_MISMATCH"


class Answer(NamedTuple):
    """`variant` is "" where there is none, and then the code's default holds unless `error` says more."""

    value: Any
    variant: str
    reason: str
    metadata: Mapping[str, Any]
    error: str = ""
    details: str = ""

    @property
    def has_value(self) -> bool:
        return bool(self.variant) and not self.error


class Kind(StrEnum):
    """What the variants of a flag are."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    OBJECT = "object"
    STRING = "string"


KINDS = {"boolean": Kind.BOOLEAN, "string": Kind.STRING, "number": Kind.NUMBER, "object": Kind.OBJECT,
         "array": Kind.OBJECT}  # fmt: skip
FIELDS = frozenset({"state", "variants", "defaultVariant", "targeting", "metadata", "description", "$schema"})


class Flag:
    """One flag. `problems` is what is wrong with its definition, as (path, words); it then answers PARSE_ERROR."""

    __slots__ = (
        "_always",
        "_assigned",
        "_default",
        "_matched",
        "_rule",
        "key",
        "kind",
        "metadata",
        "problems",
        "variants",
    )

    def __init__(
        self,
        key: str,
        definition: Any,
        evaluators: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        watch: Watch | None = None,
    ) -> None:
        """`evaluators` and `metadata` are those that stand beside the flags in their file."""
        self.key = key
        self.problems: list[tuple[Path, str]] = []
        given = definition if isinstance(definition, dict) else {}
        if not isinstance(definition, dict):
            self._problem((), "a flag is an object with state, variants and defaultVariant")
        self._check_fields(given)
        self.variants = self._read_variants(given.get("variants"))
        self.kind = self._read_kind()
        self.metadata = self._read_metadata(given.get("metadata", {}), metadata or {})
        default = self._read_default(given)
        self._matched: dict[str, Answer] = {
            name: Answer(value, name, Reason.TARGETING_MATCH, self.metadata) for name, value in self.variants.items()
        }
        self._assigned: dict[tuple[str, str, str, Assigned], Answer] = {}
        rule = self._read_rule(given.get("targeting"), evaluators or {}, watch)
        self._default = self._plain(default, Reason.DEFAULT)
        self._rule: Fn | None = rule
        self._always = self._without_asking(given.get("state", "ENABLED"), default)

    @property
    def is_static(self) -> bool:
        """Whether everybody gets the same."""
        return self._always is not None

    def evaluate(self, context: dict[str, Any], at: float | None = None) -> Answer:
        """What `context` gets at the time `at` (seconds since 1970; None: now). Never raises for what is in them."""
        if self._always is not None:
            return self._always
        assert self._rule is not None
        run = Run(at)
        try:
            found = self._rule(context, run)
        except TooMuch as error:
            return self._error(Code.GENERAL, f"Flag {self.key!r} can't be evaluated: {error}.")
        except RecursionError:
            return self._error(Code.INVALID_CONTEXT, "The context is nested too deep.")
        return self._answer(found, run)

    def _answer(self, found: Any, run: Run) -> Answer:
        if found is None:
            return self._default if run.assigned is None else self._with_experiment(self._default, run)
        name = found if isinstance(found, str) else text(found) if isinstance(found, bool | int | float) else ""
        answer = self._matched.get(name)
        if answer is None:
            shown = text(found)[:60]
            return self._error(
                Code.GENERAL, f"The targeting of flag {self.key!r} gives {shown!r}, which is no variant."
            )
        return answer if run.assigned is None else self._with_experiment(answer, run)

    def _with_experiment(self, answer: Answer, run: Run) -> Answer:
        """The answer, saying which experiment was asked and what came of it; SPLIT for whoever has its arm."""
        assigned = run.assigned
        assert assigned is not None
        key = (answer.variant, answer.reason, run.experiment, assigned)
        made = self._assigned.get(key)
        if made is None:
            if len(self._assigned) >= MOST_KEPT:
                self._assigned.clear()
            made = self._assigned[key] = self._experiment_answer(answer, run.experiment, assigned)
        return made

    def _experiment_answer(self, answer: Answer, experiment: str, assigned: Assigned) -> Answer:
        metadata = {**answer.metadata, "experiment": experiment, "assignment": assigned.why.value}
        if assigned.epoch is not None:
            metadata["epoch"] = assigned.epoch
        enrolled = assigned.arm is not None and assigned.arm == answer.variant
        return answer._replace(metadata=metadata, reason=Reason.SPLIT if enrolled else answer.reason)

    def _plain(self, variant: str | None, reason: Reason) -> Answer:
        if variant is None:
            return Answer(None, "", Reason.DEFAULT, self.metadata)
        return Answer(self.variants[variant], variant, reason, self.metadata)

    def _error(self, code: Code, details: str) -> Answer:
        return Answer(None, "", Reason.ERROR, self.metadata, code, details)

    def _without_asking(self, state: Any, default: str | None) -> Answer | None:
        if self.problems:
            path, what = self.problems[0]
            where = f" ({written(path)})" if path else ""
            return self._error(Code.PARSE_ERROR, f"Flag {self.key!r} isn't well defined: {what}{where}.")
        if state == "DISABLED":
            return Answer(None, "", Reason.DISABLED, self.metadata)
        return self._plain(default, Reason.STATIC) if self._rule is None else None

    def _problem(self, path: Path, what: str) -> None:
        self.problems.append((path, what))

    def _check_fields(self, given: dict[str, Any]) -> None:
        if not self.key or len(self.key) > LONGEST_KEY or not self.key.isprintable() or self.key != self.key.strip():
            self._problem((), f"a key has 1 to {LONGEST_KEY} characters that can be printed")
        for name in sorted(set(given) - FIELDS):
            self._problem((name,), f"a flag has no such field; there are {', '.join(sorted(FIELDS - {'$schema'}))}")
        if given.get("state", "ENABLED") not in ("ENABLED", "DISABLED"):
            self._problem(("state",), "ENABLED or DISABLED")

    def _read_variants(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or not given:
            self._problem(("variants",), "an object with one variant at least")
            return {}
        if len(given) > MOST_VARIANTS:
            self._problem(("variants",), f"at most {MOST_VARIANTS} variants")
            return {}
        for name in given:
            if not name or len(name) > LONGEST_KEY or "\0" in name:
                self._problem(("variants", name), f"a variant has a name of 1 to {LONGEST_KEY} characters")
        return given

    def _read_kind(self) -> Kind | None:
        kinds = {name: KINDS.get(kind(value)) for name, value in self.variants.items()}
        first = next(iter(kinds.values()), None)
        for name, found in kinds.items():
            if found is None:
                self._problem(("variants", name), "a boolean, text, number, object or list")
            elif first is not None and found is not first:
                self._problem(("variants", name), f"is a {found.value}, and the first variant a {first.value}")
        return first

    def _read_metadata(self, given: Any, around: Mapping[str, Any]) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            self._problem(("metadata",), "an object")
            return dict(around)
        for name, value in given.items():
            if not isinstance(value, str | bool | int | float):
                self._problem(("metadata", name), "a text, number or boolean")
        return {**around, **given}

    def _read_default(self, given: dict[str, Any]) -> str | None:
        default = given.get("defaultVariant")
        if default is None:
            return None
        if not isinstance(default, str) or default not in self.variants:
            shown = ", ".join(list(self.variants)[:10])
            self._problem(("defaultVariant",), f"is none of the variants ({shown})")
            return None
        return default

    def _read_rule(self, given: Any, evaluators: Mapping[str, Any], watch: Watch | None) -> Fn | None:
        if given is None or given == {}:
            return None
        if not isinstance(given, dict):
            self._problem(("targeting",), "an object with an operator of JSONLogic")
            return None
        compiler = Compiler(self.key, evaluators, watch)
        rule = compiler.compile(given, ("targeting",))
        self.problems.extend(compiler.problems)
        return rule


def problems_of(key: str, definition: Any, evaluators: Mapping[str, Any], source: str) -> list[Problem]:
    """What is wrong with a definition, with lines of `source`, the JSON text that it was read from."""
    return with_lines(source, Flag(key, definition, evaluators).problems)


def misspelt(flag: Flag, definition: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """Places in the targeting that give a text which is no variant: legal, and nearly always a mistake."""
    found: list[tuple[Path, str]] = []
    _results(definition.get("targeting"), ("targeting",), flag.variants, found)
    return found


def _results(rule: Any, path: Path, variants: Mapping[str, Any], found: list[tuple[Path, str]]) -> None:
    """Follows `if`, `fractional` and `experiment` to what they give."""
    if isinstance(rule, str) and rule not in variants:
        found.append((path, f"{rule[:60]!r} is no variant; there are {', '.join(list(variants)[:10])}"))
    if not isinstance(rule, dict) or len(rule) != 1 or len(path) > 64:
        return
    name, args = next(iter(rule.items()))
    if name in ("if", "?:") and isinstance(args, list):
        for number, one in enumerate(args):
            if number % 2 or (number == len(args) - 1 and len(args) % 2):
                _results(one, (*path, name, number), variants, found)
    elif name == "fractional" and isinstance(args, list):
        for number, one in enumerate(args):
            if isinstance(one, list) and one:
                _results(one[0], (*path, name, number, 0), variants, found)
    elif name == "experiment" and isinstance(args, dict):
        for epoch in args.get("epochs", [args]) if isinstance(args.get("epochs", [args]), list) else []:
            for arm in epoch.get("arms", []) if isinstance(epoch, dict) else []:
                if isinstance(arm, list) and arm:
                    _results(arm[0], (*path, name, "arms"), variants, found)
