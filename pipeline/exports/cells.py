"""Text on its way into a spreadsheet: nothing in it may run, and nothing in it may break the file."""

from __future__ import annotations

import re

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONGEST = 32_000
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold."""


def clean(text: str) -> str:
    """The text without characters that a sheet cannot hold, cut at the longest cell."""
    text = _CONTROL.sub("", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def dangerous(text: str) -> bool:
    """Whether a spreadsheet might take the text for a formula."""
    return text.lstrip(" ").startswith(STARTS_A_FORMULA)


def for_csv(text: str) -> str:
    """The text for a CSV cell: an apostrophe before what might run as a formula."""
    text = clean(text)
    return f"'{text}" if dangerous(text) else text


def clock(seconds: float | None) -> str:
    """A place in a recording as ``m:ss`` (``h:mm:ss`` past an hour); empty where there is none."""
    if seconds is None:
        return ""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
