"""Loggers of modules: what most commands never use is imported when there is something to say."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Log:
    """The logger called `name`: `log = Log(__name__)`, then an event's name with values, as structlog takes them."""

    name: str

    def info(self, event: str, **values: Any) -> None:
        self._logger().info(event, **values)

    def warning(self, event: str, **values: Any) -> None:
        self._logger().warning(event, **values)

    def error(self, event: str, **values: Any) -> None:
        self._logger().error(event, **values)

    def exception(self, event: str, **values: Any) -> None:
        """With the exception that is being handled."""
        self._logger().exception(event, **values)

    def _logger(self) -> Any:
        import structlog

        return structlog.get_logger(self.name)
