"""The recording of an interview, in the parts that a player asks for."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from pipeline.actions.recordings import recording
from pipeline.store.media import MediaStore
from pipeline.web.auth import SignedIn
from pipeline.web.ranges import HEAD_BYTES, Part, UnsatisfiableError, kind_of, wanted

router = APIRouter(include_in_schema=False)
PIECE = 256 << 10
ENDINGS = {
    "audio/wav": "wav", "audio/ogg": "ogg", "audio/flac": "flac", "video/webm": "webm", "audio/mp4": "m4a",
    "video/mp4": "mp4", "video/quicktime": "mov", "audio/mpeg": "mp3", "audio/aac": "aac",
}  # fmt: skip


@router.api_route("/media/{interview}", methods=["GET", "HEAD"])
def media(request: Request, desk: SignedIn, interview: str) -> Response:
    """The bytes, or a part of them: 206 for a range, 416 for one outside, 304 where the browser has them.

    The name it is saved under says nothing about the candidate.
    """
    found = recording(desk, interview)
    store = desk.store.media
    with store.open(found.sha256) as stream:
        kind = kind_of(stream.read(HEAD_BYTES))
    tag = f'"{found.sha256}"'
    how = "inline" if kind in ENDINGS else "attachment"
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'{how}; filename="interview-{interview[:8]}.{ENDINGS.get(kind, "bin")}"',
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range") if request.headers.get("if-range", tag) == tag else None
    try:
        part = wanted(asked, found.size)
    except UnsatisfiableError:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{found.size}"})
    status = 200 if part is None else 206
    if part is not None:
        headers["Content-Range"] = f"bytes {part.first}-{part.last}/{found.size}"
    part = part or Part(0, found.size - 1)
    headers["Content-Length"] = str(part.length)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=kind)
    return StreamingResponse(_bytes(store, found.sha256, part), status_code=status, headers=headers, media_type=kind)


def _bytes(store: MediaStore, sha256: str, part: Part) -> Iterator[bytes]:
    """The part in pieces; the file is never whole in memory."""
    with store.open(sha256) as stream:
        stream.seek(part.first)
        left = part.length
        while left > 0 and (piece := stream.read(min(PIECE, left))):
            left -= len(piece)
            yield piece
