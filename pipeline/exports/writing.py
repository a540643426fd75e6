"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pipeline.errors import StorageError


def write_whole(path: Path, data: bytes) -> None:
    """Writes beside the target and moves into place; StorageError where that fails, and what was there before stays."""
    part = ""
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(part).chmod(0o644)
        Path(part).replace(path)
    except OSError as error:
        if part:
            Path(part).unlink(missing_ok=True)
        raise StorageError(
            f"{path}: cannot be written ({error.strerror}).", "Check the folder, its rights and its space."
        ) from error
