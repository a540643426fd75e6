"""Who acts on the command line, on which store; and how results are printed."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import NotFoundError

if TYPE_CHECKING:
    from pipeline.actions.desk import Desk


@contextmanager
def at_desk() -> Iterator[Desk]:
    """The acting person's desk: DEBRIEF_USER, or the owner of this installation, who is made on first use with every
    role.
    """
    from pipeline import wiring
    from pipeline.actions import people
    from pipeline.actions.desk import Desk
    from pipeline.settings import Settings

    settings = Settings()
    store = wiring.open_store(settings)
    try:
        owner = people.owner(store) or people.first_user(store, getpass.getuser(), f"{getpass.getuser()}@localhost")
        user = people.find_user(store, settings.user) if settings.user else owner
        if user is None:
            raise NotFoundError(f"There is no user {settings.user}.", "Add one: debrief user add.")
        yield Desk(store, user.id)
    finally:
        store.close()


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """A table in the terminal; what people wrote is made harmless first."""
    from rich.console import Console
    from rich.table import Table

    from pipeline.cli.scorecard import plain

    table = Table(*heads, title=plain(title) or None)
    for row in rows:
        table.add_row(*(plain("" if value is None else str(value)) for value in row))
    Console().print(table)


def say(text: str) -> None:
    """One plain line on standard output."""
    from pipeline.cli.scorecard import CONTROL

    print(text.translate(CONTROL))
