"""The largest upload, in pieces: memory stays as it was. It writes four gigabytes for a while, so `make soak` runs it."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from scene import Scene
from soaked import soaked

from models.user import User
from pipeline.actions import openings, uploading
from pipeline.jobs.intake import PIECE
from pipeline.web.site import Site

SignIn = Callable[[User], TestClient]
BYTES_A_SECOND = 2 * 2 * 48_000
ALLOWED = 150
"""Megabytes by which memory may grow while two gigabytes pass through."""


def head(size: int) -> bytes:
    """The first bytes of a WAV file of that many bytes: stereo, 48 kHz."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48_000, BYTES_A_SECOND, 4, 16)
    return struct.pack("<4sI4s", b"RIFF", size - 8, b"WAVE") + form + struct.pack("<4sI", b"data", size - 44)


def megabytes() -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text("utf-8"))
    assert found
    return int(found[1]) / 1024


def sent(ann: TestClient, interview: str, size: int) -> tuple[str, float]:
    """An upload of so many bytes in pieces, and the most memory seen meanwhile, above what there was at its beginning."""
    upload = ann.post("/api/uploads", json={"interview": interview, "name": "long.wav", "size": size}).json()["id"]
    blank, most, before = bytes(PIECE), 0.0, megabytes()
    for at in range(0, size, PIECE):
        piece = blank[: min(PIECE, size - at)]
        if at == 0:
            piece = head(size) + piece[44:]
        answer = ann.put(f"/api/uploads/{upload}?at={at}", content=piece)
        assert answer.json()["received"] == at + len(piece)
        most = max(most, megabytes() - before)
    assert ann.post(f"/api/uploads/{upload}/complete").status_code == 200
    return upload, max(most, megabytes() - before)


def taken_in_pieces(scene: Scene, ann: TestClient, site: Site, size: int) -> float:
    _, grown = sent(ann, scene.interview.id, size)
    (held,) = openings.interviews_of(scene.desk("lead"), scene.candidate.id)
    assert held.recording is not None
    assert site.store.media.size(held.recording) == size
    assert not list((site.settings.data / "uploads").glob("*")), "no piece stays behind"
    return grown


def test_recording_of_some_pieces_is_taken_whole(scene: Scene, sign_in: SignIn, site: Site) -> None:
    taken_in_pieces(scene, sign_in(scene.people["ann"]), site, 2 * PIECE + 4_444)


def test_one_byte_too_many_is_refused_before_it_is_sent(scene: Scene, sign_in: SignIn) -> None:
    ann = sign_in(scene.people["ann"])
    given = {"interview": scene.interview.id, "name": "long.wav", "size": uploading.LARGEST + 1}
    answer = ann.post("/api/uploads", json=given)
    assert answer.status_code == 422
    assert "larger than 2 GB" in answer.json()["error"]
    assert ann.get("/api/uploads").json() == []


@pytest.mark.soak
def test_two_gigabytes_are_taken_with_flat_memory(scene: Scene, sign_in: SignIn, site: Site) -> None:
    size = uploading.LARGEST - 4
    with soaked(
        "upload", "an upload of 2 GB in pieces", f"taken whole, memory grows by less than {ALLOWED} MB"
    ) as told:
        grown = taken_in_pieces(scene, sign_in(scene.people["ann"]), site, size)
        told.found = f"{size:,} bytes, memory +{grown:.0f} MB"
        assert grown < ALLOWED
