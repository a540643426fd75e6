"""What cannot be used is told in the page, by name, with what to do; nothing of it stays and the rest goes on."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from films import write_silent_film
from scene import Scene

from models.user import User
from pipeline.actions import openings
from pipeline.web.site import Site

SignIn = Callable[[User], TestClient]
HOURS = 20


def silent_film(folder: Path) -> bytes:
    """A video that has no audio track at all."""
    return write_silent_film(folder / "film.mp4").read_bytes()


def whole_day(_: Path) -> bytes:
    """Twenty hours of sound, at a hundred samples a second so that the file is small."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(100)
        file.writeframes(b"\x80" * (HOURS * 3600 * 100))
    return out.getvalue()


def program(_: Path) -> bytes:
    """An executable under another name."""
    return b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40


def nothing(_: Path) -> bytes:
    """A file that never got its content."""
    return b""


BAD = [
    (silent_film, "screen.mp4", "the file has no audio track", "Export it again with sound"),
    (whole_day, "day.wav", "longer than 4 hours (20:00:00)", "Cut it to the interview itself"),
    (program, "call.mp4", "not a sound or video file", ""),
    (nothing, "call.m4a", "the file is empty (0 bytes)", "again"),
]


@pytest.mark.parametrize(("make", "name", "told", "remedy"), BAD, ids=[each[1] for each in BAD])
def test_form_says_what_is_wrong_with_the_file_and_what_to_do(
    tmp_path: Path, scene: Scene, sign_in: SignIn, site: Site, make: Callable[[Path], bytes], name: str, told: str,
    remedy: str,
) -> None:  # fmt: skip
    lead = sign_in(scene.people["lead"])
    sent = {"interview": scene.interview.id, "consent": "given"}
    answer = lead.post("/upload", data=sent, files={"file": (name, make(tmp_path))})
    assert answer.status_code == 422
    assert "<h1" in answer.text
    for words in (name, told, remedy):
        assert words in answer.text
    assert site.store.media.hashes() == ()
    assert not list((site.settings.data / "uploads").glob("*"))
    (held,) = openings.interviews_of(scene.desk("lead"), scene.candidate.id)
    assert held.recording is None
    assert lead.get("/").status_code == 200


@pytest.mark.parametrize(("make", "name", "told", "remedy"), BAD[:3], ids=[each[1] for each in BAD[:3]])
def test_script_gets_the_same_words_for_its_page(
    tmp_path: Path, scene: Scene, sign_in: SignIn, make: Callable[[Path], bytes], name: str, told: str, remedy: str
) -> None:
    """The page's script shows ``error`` and ``remedy`` beside the file's name as they come."""
    ann, data = sign_in(scene.people["ann"]), make(tmp_path)
    given = {"interview": scene.interview.id, "name": name, "size": len(data)}
    upload = ann.post("/api/uploads", json=given).json()["id"]
    for at in range(0, len(data), 4 << 20):
        assert ann.put(f"/api/uploads/{upload}?at={at}", content=data[at : at + (4 << 20)]).status_code == 200
    answer = ann.post(f"/api/uploads/{upload}/complete")
    assert answer.status_code == 422
    assert told in answer.json()["error"]
    assert remedy in answer.json()["remedy"]
    assert ann.get("/api/uploads").json() == []
