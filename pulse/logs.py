"""Structured logs: one line an event, for people on a terminal, as JSON lines everywhere else.

The one place that configures logging. What other libraries log by the standard way is brought into the same form.
"""

import logging
import sys
from typing import Annotated, Literal

import structlog
from pydantic import BaseModel, ConfigDict, Field
from structlog.typing import Processor

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "console", "json"]

_QUIETER = {
    "kafka": logging.ERROR,  # it warns of every reader without a group and of every busy moment
    "aiokafka": logging.WARNING,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "asyncio": logging.WARNING,
    "mail.log": logging.WARNING,
    "clickhouse_connect": logging.WARNING,
}
"""Libraries that tell more than one line an event worth knowing; at level `debug` they are heard in full."""


class LogSettings(BaseModel):
    """How much is logged and in which form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Annotated[Level, Field(description="the least that is logged: debug, info, warning or error")] = "info"
    format: Annotated[Format, Field(description="auto is console on a terminal and json elsewhere")] = "auto"


def configure(settings: LogSettings, process: str) -> None:
    """Set up logging of this process; every line carries `process`."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(settings)],
        )
    )
    _route(handler, settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def for_a_command() -> None:
    """Set up logging of a command that people run: warnings of ours on standard error, nothing of libraries."""
    logging.getLogger().addHandler(logging.NullHandler())
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _rendering(settings: LogSettings) -> list[Processor]:
    plain = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    if plain:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [structlog.dev.ConsoleRenderer()]


def _route(handler: logging.Handler, settings: LogSettings) -> None:
    """Everything goes through the root logger; handlers that libraries brought along are taken off."""
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for name, least in _QUIETER.items():
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET if settings.level == "debug" else least)
