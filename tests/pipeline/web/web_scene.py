"""The small company of the action tests, with whose people a test comes in through the web."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "actions"))

from scene import Scene as WebScene

__all__ = ["WebScene"]
