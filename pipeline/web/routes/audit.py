"""The audit log: read, checked, taken along. The one page of an auditor."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from pipeline.actions import auditing
from pipeline.web.auth import SignedIn
from pipeline.web.site import page

router = APIRouter(prefix="/admin/audit", include_in_schema=False)
LARGEST = 2**53


@router.get("")
def browse(
    request: Request,
    desk: SignedIn,
    actor: str = "",
    action: str = "",
    kind: str = "",
    entity: str = "",
    before: str = "",
) -> Response:
    """Entries, newest first, by person, kind of change or record."""
    record = entity.strip()
    start = min(int(before), LARGEST) if before.isascii() and before.isdigit() else None
    shown = auditing.browse(desk, actor=actor, action=action, kind=kind, entity=record, before=start)
    chosen = {"actor": actor, "action": action, "kind": kind, "entity": record}
    return page(request, "admin_audit.html", here="admin", tab="audit", log=shown, chosen=chosen, before=start)


@router.get("/verify")
def verify(request: Request, desk: SignedIn, head: str = "") -> Response:
    """Recomputes the whole chain; with a hash noted earlier, also that nothing was cut off since."""
    check = auditing.verify(desk, head=head.strip().lower() or None)
    return page(request, "admin_verify.html", here="admin", tab="audit", check=check, head=head.strip())


@router.get("/export")
def export(desk: SignedIn) -> Response:
    """The whole log as JSON lines, oldest first."""
    lines = auditing.export(desk)
    first = next(lines, "")  # asks for permission before the answer begins

    def told() -> Iterator[str]:
        if first:
            yield first + "\n"
        for line in lines:
            yield line + "\n"

    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"', "Cache-Control": "no-store"}
    return StreamingResponse(told(), media_type="application/x-ndjson", headers=headers)
