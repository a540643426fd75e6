"""What every request needs: the installation's parts, kept on the app, and how a page is rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from models.answer import Answer
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn
from models.user import User
from pipeline.errors import DebriefError
from pipeline.exports.cells import clock
from pipeline.judgement.permissions import TABLE, may

if TYPE_CHECKING:
    from pipeline.jobs.work import Work
    from pipeline.settings import Settings
    from pipeline.store.store import Store

HERE = Path(__file__).resolve().parent


class Scorer(Protocol):
    """What drafts scores anew after a correction; it may load its engines only then."""

    def score(self, turns: Sequence[Turn], answers: Sequence[Answer], rubric: Rubric) -> Sequence[DraftScore]: ...


@dataclass(frozen=True, slots=True)
class Site:
    """The parts that the pages work with; made once by ``wiring`` and kept in ``app.state.site``.

    ``work`` runs the durable workflows, ``scorer`` re-scores what a correction made stale; either is None where a test
    or a reading-only server does without.
    """

    store: Store
    settings: Settings
    work: Work | None = None
    scorer: Scorer | None = None
    secure: bool = False
    """True behind https: cookies are sent over it alone."""

    hosts: frozenset[str] = frozenset()
    """Names that this server goes by, without ports; empty: any (in tests)."""


def site(request: Request) -> Site:
    """The parts that this app was made with."""
    found: Site = request.app.state.site
    return found


MENU: tuple[tuple[str, str, str], ...] = (
    ("today", "/", "Today"),
    ("upload", "/upload", "Upload"),
    ("jobs", "/jobs", "Openings"),
    ("compare", "/compare", "Compare"),
    ("rubrics", "/rubrics", "Rubrics"),
    ("calibrate", "/calibrate", "Calibrate"),
    ("accuracy", "/accuracy", "Accuracy"),
    ("search", "/search", "Search"),
    ("admin", "/admin", "Admin"),
)
"""Name of the page, its address, and what the menu says, in order."""

RIGHTS = {
    "upload": ("upload",),
    "jobs": ("calibrate",),
    "compare": ("rank",),
    "rubrics": ("read-interview", "manage-openings"),
    "calibrate": ("calibrate",),
    "accuracy": ("calibrate",),
    "search": ("read-interview",),
    "admin": ("manage-users", "delete", "read-audit"),
}
"""A menu entry is shown to people who hold one of these rights at all; the actions decide again on every request."""


def menu_for(user: User | None) -> tuple[tuple[str, str, str], ...]:
    """The menu of a signed-in person; empty for nobody."""
    if user is None:
        return ()
    return tuple(
        entry
        for entry in MENU
        if entry[0] not in RIGHTS or any(TABLE[right] & set(user.roles) for right in RIGHTS[entry[0]])  # type: ignore[index]
    )


def day(moment: datetime | None) -> str:
    """A moment as ``22 Nov 2026, 14:05`` in UTC; pages show local time by script where a ``time`` element stands."""
    return "" if moment is None else f"{moment.day} {moment:%b %Y, %H:%M}"


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("pipeline.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["clock"] = clock
    found.filters["day"] = day
    found.globals["may"] = may
    return found


TEMPLATES = _environment()


def read_templates() -> None:
    """Reads and compiles every template; each is kept for as long as the process lives."""
    for name in TEMPLATES.list_templates():
        TEMPLATES.get_template(name)


def refused(
    request: Request, template: str, fault: DebriefError | None, *, here: str = "", **shown: Any
) -> HTMLResponse:
    """A page that shows again what was typed, with the ``fault`` that refused it and its status (None: nothing was refused)."""
    status = fault.http_status if fault else 200
    return page(request, template, here=here, status=status, fault=fault, **shown)


def page(request: Request, template: str, *, here: str = "", status: int = 200, **shown: Any) -> HTMLResponse:
    """A rendered page. ``here`` marks the menu entry. Templates get ``user``, ``csrf``, ``menu``, ``here`` besides ``shown``.

    A page is never kept by a browser's or proxy's cache: what one may see changes with every score.
    """
    user = getattr(request.state, "user", None)
    body = TEMPLATES.get_template(template).render(
        user=user,
        menu=menu_for(user),
        here=here,
        csrf=getattr(request.state, "csrf", ""),
        said=request.query_params.get("said", "")[:40],
        **shown,
    )
    return HTMLResponse(body, status_code=status, headers={"Cache-Control": "no-store"})


def back(address: str, *, said: str = "") -> RedirectResponse:
    """After a change: see the page at ``address`` (303), which may say that it was done (``said``: a word of base.html)."""
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}said={said}" if said else address, status_code=303)
