"""The provider: answers from the ruleset at hand."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import (
    FlagNotFoundError,
    GeneralError,
    InvalidContextError,
    ParseError,
    ProviderNotReadyError,
    TypeMismatchError,
)
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.hook import Hook
from openfeature.provider import AbstractProvider, Metadata
from openfeature.track import TrackingEventDetails

from .evaluating import Answer
from .facts import ExposureHook, Facts
from .http import checked
from .rulesets import Fetched, Rulesets

RULESET = "/ofrep/v1/ruleset"
REASONS: dict[str, Reason] = {one.value: one for one in Reason}
ERRORS: dict[str, Callable[[str], Exception]] = {
    "FLAG_NOT_FOUND": FlagNotFoundError,
    "GENERAL": GeneralError,
    "INVALID_CONTEXT": InvalidContextError,
    "PARSE_ERROR": ParseError,
}
EMPTY = EvaluationContext()


class AwayteamProvider(AbstractProvider):
    """`token` belongs to one environment, and its reach is `server`. Times are in seconds.

    `cache_file` keeps the last flags for a start without a server. With `facts_url` and `facts_token`, exposures and
    what is tracked are sent there. Whoever evaluates before anything was fetched gets the default in their code.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        poll_seconds: float = 5.0,
        timeout: float = 3.0,
        cache_file: str | Path | None = None,
        facts_url: str = "",
        facts_token: str = "",
        flush_seconds: float = 5.0,
    ) -> None:
        super().__init__()
        file = Path(cache_file) if cache_file is not None else None
        self._rulesets = Rulesets(checked(url) + RULESET, token, timeout=timeout, cache_file=file)
        self._poll_seconds = poll_seconds
        self._well = True
        self.facts = (
            Facts(checked(facts_url), facts_token, timeout=timeout, every_seconds=flush_seconds) if facts_url else None
        )
        self._hooks: list[Hook] = [ExposureHook(self.facts)] if self.facts is not None else []

    def get_metadata(self) -> Metadata:
        return Metadata(name="awayteam")

    def get_provider_hooks(self) -> list[Hook]:
        return self._hooks

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002
        """Fetch the flags, or read the file; raises where there is neither, and goes on asking."""
        first = self._rulesets.fetch()
        self._well = not first.problem
        self._rulesets.poll(self._poll_seconds, self._told)
        if self.facts is not None:
            self.facts.start()
        if first.problem and not self._rulesets.read_file():
            raise GeneralError(first.problem)

    def shutdown(self) -> None:
        self._rulesets.stop()
        if self.facts is not None:
            self.facts.stop()

    def _told(self, fetched: Fetched) -> None:
        if fetched.problem:
            if self._well:
                self.emit_provider_stale(ProviderEventDetails(message=fetched.problem))
        else:
            if not self._well:
                self.emit_provider_ready(ProviderEventDetails())
            if fetched.changed:
                self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=list(fetched.changed)))
        self._well = not fetched.problem

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Note what somebody did; nothing without `facts_url` or a targeting key."""
        unit = evaluation_context.targeting_key if evaluation_context is not None else None
        if self.facts is not None and unit:
            value = tracking_event_details.value if tracking_event_details is not None else None
            self.facts.happened(unit, tracking_event_name, value)

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        answer = self._answer(flag_key, evaluation_context)
        if answer.variant and type(answer.value) is not bool:
            raise _mismatch(flag_key, "boolean", answer)
        return _details(answer, default_value)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        answer = self._answer(flag_key, evaluation_context)
        if answer.variant and type(answer.value) is not str:
            raise _mismatch(flag_key, "text", answer)
        return _details(answer, default_value)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        answer = self._answer(flag_key, evaluation_context)
        if answer.variant and type(answer.value) is not int:
            raise _mismatch(flag_key, "whole number", answer)
        return _details(answer, default_value)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        answer = self._answer(flag_key, evaluation_context)
        if answer.variant and type(answer.value) is not float:
            if type(answer.value) is not int:
                raise _mismatch(flag_key, "number", answer)
            answer = answer._replace(value=float(answer.value))
        return _details(answer, default_value)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        answer = self._answer(flag_key, evaluation_context)
        if answer.variant and not isinstance(answer.value, dict | list):
            raise _mismatch(flag_key, "object", answer)
        return _details(answer, default_value)

    def _answer(self, key: str, context: EvaluationContext | None) -> Answer:
        ruleset = self._rulesets.current
        if ruleset is None:
            raise ProviderNotReadyError("no flags were fetched yet")
        flag = ruleset.flags.get(key)
        answer = ruleset.evaluate(key, {}) if flag is None else flag.evaluate(_plain(context or EMPTY))
        if answer.error:
            raise ERRORS.get(answer.error, GeneralError)(answer.details)
        return answer


def _plain(context: EvaluationContext) -> dict[str, Any]:
    made: dict[str, Any] = dict(context.attributes)
    if context.targeting_key is not None:
        made["targetingKey"] = context.targeting_key
    return made


def _details(answer: Answer, default: Any) -> FlagResolutionDetails[Any]:
    if not answer.variant:
        return FlagResolutionDetails(default, None, None, REASONS[answer.reason], None, answer.metadata)
    return FlagResolutionDetails(answer.value, None, None, REASONS[answer.reason], answer.variant, answer.metadata)


def _mismatch(key: str, wanted: str, answer: Answer) -> TypeMismatchError:
    return TypeMismatchError(f"{key} is no {wanted}: its variant {answer.variant!r} is {type(answer.value).__name__}")
