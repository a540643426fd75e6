"""The notebooks run from top to bottom on a fresh kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "notebooks"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01_one_interview", "02_segmentation", "03_calibration", "04_panel_agreement"])
def test_notebook_runs_from_top_to_bottom(name: str) -> None:
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    NotebookClient(book, timeout=600, resources={"metadata": {"path": str(FOLDER)}}).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error"]


@pytest.mark.parametrize("name", ["01_one_interview", "02_segmentation", "03_calibration", "04_panel_agreement"])
def test_notebook_defines_nothing_reusable(name: str) -> None:
    """What is worth a name stands in the package."""
    import json

    book = json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))
    code = "\n".join("".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code")
    assert "def " not in code
    assert "class " not in code
