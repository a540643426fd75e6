"""Logs as JSON lines with ids alone: no names, no words, no messages of libraries, which may quote either."""

from __future__ import annotations

import sys
import traceback
from typing import Any, TextIO

import structlog


def logger(stream: TextIO | None = None) -> Any:
    """A logger that writes one JSON object a line to ``stream`` (standard error)."""
    return structlog.wrap_logger(
        structlog.PrintLogger(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.BoundLogger,
    )


def place(error: BaseException) -> str:
    """Where an exception arose, as ``file:line`` of our own last frame; never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/pipeline/" in frame.filename] or frames
    return f"{own[-1].filename.rsplit('/', 1)[-1]}:{own[-1].lineno}" if own else ""
