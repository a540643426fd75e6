"""Charts as files: every plot is written as SVG and as PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import StorageError


def save(charts: Mapping[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write every Altair chart under its name as .svg and .png; returns the paths written.

    The folder is made. StorageError where it cannot be written.
    """
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, chart in charts.items():
            for suffix, more in ((".svg", {}), (".png", {"ppi": 144})):
                path = folder / f"{name}{suffix}"
                chart.save(str(path), **more)
                paths.append(path)
    except OSError as error:
        raise StorageError(
            f"{folder}: plots cannot be written ({error.strerror}).", "Choose another folder."
        ) from error
    return tuple(paths)
