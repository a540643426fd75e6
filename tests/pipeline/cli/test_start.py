"""The command line answers at once: nothing heavy is loaded before a command asks for it."""

from __future__ import annotations

import subprocess
import sys


def test_start_loads_nothing_heavy() -> None:
    heavy = ("pydantic", "sqlalchemy", "fastapi", "dbos", "numpy", "torch", "spacy", "av")
    script = f"import sys, pipeline.cli.main; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
