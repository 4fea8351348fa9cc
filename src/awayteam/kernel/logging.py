"""Log lines: one event name with values each, as JSON for machines or in colours for a terminal, and never a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

HIDDEN = "[hidden]"
_SECRET_NAMES = re.compile(
    r"secret|password|passwd|authorization|cookie|credential|private.?key|api.?key|signature|^(token|access_token|"
    r"refresh_token|lease_token|key)$|_token$",
    re.IGNORECASE,
)
_SECRET_VALUES = re.compile(
    r"\b(?:awat_|whsec_|gh[pousr]_|glpat-|github_pat_)[\w+/=.-]{8,}|(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"
)
LONGEST_VALUE = 10_000
DEEPEST = 6


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Processor: blank values whose name or look says that they are secret, also inside lists and mappings."""
    return {name: _shown(name, value, 0) for name, value in event.items()}


def _shown(name: str, value: Any, depth: int) -> Any:
    if _SECRET_NAMES.search(name) and value not in (None, "", True, False):
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_VALUES.sub(HIDDEN, value[:LONGEST_VALUE])
    if isinstance(value, dict) and depth < DEEPEST:
        return {key: _shown(str(key), each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple) and depth < DEEPEST:
        return [_shown("", each, depth + 1) for each in value]
    return value if isinstance(value, int | float | None) else _SECRET_VALUES.sub(HIDDEN, str(value)[:LONGEST_VALUE])


def configure(*, json: bool | None = None, level: str = "INFO") -> None:
    """Send all log lines (ours, the libraries') to standard error: JSON unless it is a terminal, or as `json` says."""
    as_json = not sys.stderr.isatty() if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    show: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, show],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
