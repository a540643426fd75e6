"""Two texts as pieces that stayed, went or came, for pages that show a difference word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

LONGEST = 4000
"""Words; longer texts are shown whole, before and after."""


def pieces(before: str, after: str) -> list[tuple[Literal["same", "gone", "new"], str]]:
    """Stretches of words with what became of them, in reading order."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    if len(old) + len(new) > LONGEST:
        return [("gone", before), ("new", after)]
    found: list[tuple[Literal["same", "gone", "new"], str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(old[a:b])))
            continue
        if a < b:
            found.append(("gone", "".join(old[a:b])))
        if c < d:
            found.append(("new", "".join(new[c:d])))
    return found
