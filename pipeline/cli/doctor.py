"""``debrief doctor``: is everything in order, and if not, what to do."""

from __future__ import annotations

from typing import Annotated

import typer


def doctor(json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False) -> None:
    """Look at weights, disk, memory, database, queue, clock, media and workers. Exit code 0: all is well; 1: something is not."""
    from pipeline import wiring
    from pipeline.cli.desk import print_table, say
    from pipeline.jobs.examine import examine
    from pipeline.settings import Settings

    settings = Settings()
    found = examine(lambda: wiring.open_work(settings), settings.cache, settings.data)
    if json:
        say("[" + ",\n ".join(finding.model_dump_json() for finding in found) + "]")
    else:
        print_table(("", "Looked at", "Found"), [("ok" if f.well else "!!", f.what, f.found) for f in found])
        for finding in found:
            if not finding.well:
                say(f"{finding.what}: {finding.found} {finding.remedy}")
    raise typer.Exit(0 if all(finding.well for finding in found) else 1)
