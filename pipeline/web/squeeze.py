"""Answers of text, compressed where the browser takes it: a long transcript is mostly repetition."""

from __future__ import annotations

import gzip

from fastapi import Request, Response

SMALL = 1024
"""Below this many bytes compressing costs more than it saves."""


def squeezed(request: Request, answer: Response) -> Response:
    """The same answer with its body gzipped, where it is long enough and the request accepts that."""
    body = bytes(answer.body)
    answer.headers["Vary"] = "Accept-Encoding, Cookie"
    if len(body) < SMALL or "gzip" not in request.headers.get("accept-encoding", ""):
        return answer
    answer.body = gzip.compress(body, 5, mtime=0)
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer
