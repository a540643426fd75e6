"""The ``debrief`` command: thin commands over the actions; every error is one line with a remedy and its own exit code."""

from __future__ import annotations

import os
import sys

import typer
from typer.exceptions import TyperException

from pipeline.cli import analyze, batch, calibrate, doctor, evaluate, models, reviews, rubric, serve, work, worker
from pipeline.errors import DebriefError, UsageError

app = typer.Typer(
    name="debrief",
    help="Draft interview scores with verbatim, timed evidence, for a person to confirm.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("analyze")(analyze.analyze)
app.command("demo")(analyze.demo)
app.command("serve")(serve.serve)
app.command("batch")(batch.batch)
app.command("worker")(worker.worker)
app.command("doctor")(doctor.doctor)
app.add_typer(work.app, name="work", help="What is in the queue, and what stopped.")
app.command("evaluate")(evaluate.evaluate)
app.command("calibrate")(calibrate.calibrate)
app.add_typer(rubric.app, name="rubric", help="List, show and check interview scorecards.")
app.add_typer(reviews.app)
app.add_typer(models.app, name="models", help="List, verify and prepare model weights.")

INTERNAL_ERROR = 70
INTERRUPTED = 130


def main(argv: list[str] | None = None) -> None:
    """Run the command line; never ends in a traceback (set DEBRIEF_DEBUG=1 to see one)."""
    try:
        code = app(args=argv, prog_name="debrief", standalone_mode=False)
        status = code if isinstance(code, int) else 0
    except DebriefError as error:
        status = fail(str(error), error.exit_code)
    except typer.Exit as done:
        status = done.exit_code
    except TyperException as error:
        status = misused(error)
    except (KeyboardInterrupt, typer.Abort):
        status = fail("Interrupted; nothing was written.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:  # the last fence: a user gets a sentence, not a traceback
        if os.environ.get("DEBRIEF_DEBUG"):
            raise
        name = type(error).__name__
        status = fail(
            f"Something failed inside debrief ({name}: {error}).",
            INTERNAL_ERROR,
            "Nothing was written; run again with DEBRIEF_DEBUG=1 and report what it prints.",
        )
    sys.exit(status)


def misused(error: TyperException) -> int:
    """Show the help where a command came alone; otherwise say on one line what is wrong with the command."""
    message = getattr(error, "format_message", error.__str__)()
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message, file=sys.stderr)
        return UsageError.exit_code
    return fail(message, UsageError.exit_code, "See `debrief --help`, or `--help` after the command.")


def fail(message: str, code: int, remedy: str = "") -> int:
    """Print one line on standard error and return the exit code."""
    line = " ".join(f"{message} {remedy}".split())
    print(f"debrief: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
