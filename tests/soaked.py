"""What a long test found, left as a small file for the table of ``make soak`` (``benchmarks/soak.py`` puts it there)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(os.environ.get("DEBRIEF_SOAK", Path(__file__).resolve().parents[1] / "out" / "soak"))


@dataclass
class Soaked:
    """What is being looked at, what is expected of it, and what was found so far."""

    what: str
    expected: str
    found: str = ""


@contextmanager
def soaked(name: str, what: str, expected: str) -> Iterator[Soaked]:
    """Leaves ``name.json`` with what was found, how long it took and when; a fault leaves UNEXPECTED and goes on its way."""
    told, began, verdict = Soaked(what, expected), time.monotonic(), "UNEXPECTED"
    try:
        yield told
        verdict = "as expected"
    except BaseException as error:
        verdict = f"UNEXPECTED {type(error).__name__}"
        raise
    finally:
        RESULTS.mkdir(parents=True, exist_ok=True)
        result = {
            "rows": [[what, expected, f"{verdict}: {told.found}"]],
            "seconds": round(time.monotonic() - began),
            "on": f"{datetime.now(UTC):%Y-%m-%d}",
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
