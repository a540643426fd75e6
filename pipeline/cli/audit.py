"""``debrief audit``: prove that nobody changed the log, or export it."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.cli.desk import at_desk, say
from pipeline.errors import ConflictError

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("verify")
def audit_verify(
    head: Annotated[str, typer.Option(help="A hash noted earlier, which must occur in the log.")] = "",
) -> None:
    """Recompute the whole chain; a fault is an error."""
    from pipeline.actions import auditing

    with at_desk() as desk:
        check = auditing.verify(desk, head=head or None)
    if check.faults:
        raise ConflictError(f"The audit log was changed: {'; '.join(check.faults[:5])}.", "Restore it from a backup.")
    say(f"{check.entries} entries, all in order. Note this hash elsewhere: {check.head}")


@app.command("export")
def audit_export() -> None:
    """The log as JSON lines on standard output."""
    from pipeline.actions import auditing

    with at_desk() as desk:
        for line in auditing.export(desk):
            print(line)
