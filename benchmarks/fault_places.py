"""Where faults are made: shops in folders of their own, and a row for what came of a fault."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in ("", "tests", "tests/pipeline/jobs", "tests/pipeline/actions"):
    sys.path.insert(0, str(ROOT / folder))

from shop import Shop, speech  # noqa: E402

from pipeline.store.store import Store  # noqa: E402


@dataclass
class Row:
    """One kind of fault: how often, and what became of the interviews."""

    fault: str
    times: int
    interviews: int
    done: int
    failed: int
    lost: int
    twice: int
    said: str = ""
    seconds: float = 0.0
    on: str = ""


class Place:
    """Makes shops in folders of their own, and clears them away."""

    def __init__(self, seed: int = 5) -> None:
        self.seed = seed
        self.folder = Path(tempfile.mkdtemp(prefix="debrief-faults-"))
        self.spoken = speech(ROOT / "fixtures" / "recordings" / "csm-short.opus", self.folder)
        self._numbers = count(1)

    def shop(self, media: str = "", database: str = "") -> Shop:
        """A fresh shop."""
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        url, kept = database or f"sqlite:///{folder}/debrief.db", media or str(folder / "media")
        return Shop(Store(url, kept, code="faults"), url, kept, folder, self.spoken)

    def close(self) -> None:
        """Clears away."""
        shutil.rmtree(self.folder, ignore_errors=True)
