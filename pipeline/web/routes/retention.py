"""Deletion: what is due and what would go, confirmed by a person, with signed receipts."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from pipeline.actions import deleting, retention
from pipeline.actions.desk import Desk
from pipeline.errors import ConflictError, DebriefError, NotFoundError, UsageError
from pipeline.web.auth import SignedIn
from pipeline.web.routes.intake import intake_of
from pipeline.web.site import back, page

router = APIRouter(prefix="/admin", include_in_schema=False)


@router.get("/retention")
def due(request: Request, desk: SignedIn, name: str = "") -> Response:
    """What is older than its opening keeps it, and a search for a candidate to delete."""
    return _show(request, desk, name)


@router.post("/retention")
def apply(
    request: Request, desk: SignedIn, seal: Annotated[str, Form()] = "", sure: Annotated[bool, Form()] = False
) -> Response:
    """Deletes what is due, where it is still what was looked at."""
    try:
        if not hmac.compare_digest(seal.encode(), retention.due(desk).seal.encode()):
            raise ConflictError("Other interviews are due by now; nothing was deleted.", "Look at the list again.")
        _sure(sure)
    except (ConflictError, UsageError) as error:
        return _show(request, desk, "", status=error.http_status, wrong=str(error))
    deleting.apply_retention(desk, forget=_forget(request))
    return back("/admin/receipts", said="deleted")


@router.get("/delete/{kind}/{subject}")
def preview(request: Request, desk: SignedIn, kind: str, subject: str) -> Response:
    """Everything that would go, before it goes."""
    return _preview(request, desk, kind, subject)


@router.post("/delete/{kind}/{subject}")
def delete(
    request: Request, desk: SignedIn, kind: str, subject: str, sure: Annotated[bool, Form()] = False
) -> Response:
    """Deletes a candidate or an interview with everything made from it."""
    try:
        _sure(sure)
    except DebriefError as error:
        return _preview(request, desk, kind, subject, status=error.http_status, wrong=str(error))
    remove = deleting.delete_candidate if retention.kind_of(kind) == "candidate" else deleting.delete_interview
    receipt = remove(desk, subject, forget=_forget(request))
    return back(f"/admin/receipts/{receipt.id}", said="deleted")


@router.get("/receipts")
def receipts(request: Request, desk: SignedIn) -> Response:
    """All receipts, newest first."""
    return page(request, "admin_receipts.html", here="admin", tab="receipts", receipts=deleting.receipts(desk)[::-1])


@router.get("/receipts/{receipt}")
def receipt(request: Request, desk: SignedIn, receipt: str) -> Response:
    """One receipt: what was removed, and whether the signature is this installation's."""
    found = _receipt(desk, receipt)
    good = deleting.check_receipt(desk.store, found)
    return page(request, "admin_receipt.html", here="admin", tab="receipts", receipt=found, good=good)


@router.get("/receipts/{receipt}/json")
def receipt_json(desk: SignedIn, receipt: str) -> Response:
    """The receipt as a file to keep."""
    found = _receipt(desk, receipt)
    headers = {
        "Content-Disposition": f'attachment; filename="receipt-{found.id[:12]}.json"',
        "Cache-Control": "no-store",
    }
    return Response(found.model_dump_json(indent=1), media_type="application/json", headers=headers)


def _receipt(desk: Desk, receipt: str) -> deleting.Receipt:
    for found in deleting.receipts(desk):
        if found.id == receipt:
            return found
    raise NotFoundError("There is no such receipt.", "See the list of receipts.")


def _show(request: Request, desk: Desk, name: str, *, status: int = 200, wrong: str = "") -> Response:
    return page(
        request, "admin_retention.html", here="admin", tab="retention", status=status, wrong=wrong, name=name,
        due=retention.due(desk), found=retention.candidates_named(desk, name),
    )  # fmt: skip


def _preview(request: Request, desk: Desk, kind: str, subject: str, *, status: int = 200, wrong: str = "") -> Response:
    goes = retention.what_goes(desk, retention.kind_of(kind), subject)
    return page(request, "admin_delete.html", here="admin", tab="retention", status=status, goes=goes, wrong=wrong)


def _sure(sure: bool) -> None:
    if not sure:
        raise UsageError("Nothing was deleted.", "Tick the box to say that you mean it.")


def _forget(request: Request) -> tuple[deleting.Forget, ...]:
    """What else remembers a talk: pieces of uploads, the queue's checkpoints and artefacts, the engines, parsed analyses."""
    return intake_of(request).forgetters
