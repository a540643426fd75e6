"""Recordings in parts, for those who may listen."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from web_scene import WebScene

from pipeline.actions import openings
from pipeline.web.ranges import Part, UnsatisfiableError, kind_of, wanted

OGG = b"OggS" + bytes(range(256)) * 40
SIZE = len(OGG)


@pytest.fixture
def address(office: WebScene) -> str:
    held = office.interview
    openings.attach_recording(office.desk("ann"), held.id, io.BytesIO(OGG), held.version)
    return f"/media/{held.id}"


@pytest.fixture
def ann(office: WebScene, come_in: Callable[[str], TestClient]) -> TestClient:
    return come_in("ann")


def test_the_whole_recording_plays_in_the_page(ann: TestClient, address: str) -> None:
    answer = ann.get(address)
    assert (answer.status_code, answer.content) == (200, OGG)
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.headers["content-disposition"].startswith('inline; filename="interview-')
    assert answer.headers["accept-ranges"] == "bytes"
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-", 0, SIZE - 1), ("bytes=10-19", 10, 19), ("bytes=-5", SIZE - 5, SIZE - 1),
     (f"bytes=4-{SIZE * 9}", 4, SIZE - 1), (f"bytes=-{SIZE * 9}", 0, SIZE - 1), ("BYTES=3-3", 3, 3)],
)  # fmt: skip
def test_a_player_gets_the_part_it_asks_for(ann: TestClient, address: str, asked: str, first: int, last: int) -> None:
    answer = ann.get(address, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.content == OGG[first : last + 1]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE + 5}-{SIZE + 9}"])
def test_a_part_outside_is_refused_with_the_size(ann: TestClient, address: str, asked: str) -> None:
    answer = ann.get(address, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("asked", ["bytes=9-3", "lines=1-2", "bytes=a-b", "bytes=0-1,4-5", "bytes=-", "bytes=٣-"])
def test_what_is_no_single_range_gets_the_whole(ann: TestClient, address: str, asked: str) -> None:
    assert ann.get(address, headers={"Range": asked.encode()}).status_code == 200


def test_a_head_request_says_how_long_it_is_without_the_bytes(ann: TestClient, address: str) -> None:
    answer = ann.head(address)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", str(SIZE))
    assert ann.head(address, headers={"Range": "bytes=0-9"}).headers["content-length"] == "10"


def test_a_part_of_another_version_is_not_mixed_in(ann: TestClient, address: str) -> None:
    tag = ann.head(address).headers["etag"]
    same = ann.get(address, headers={"Range": "bytes=0-9", "If-Range": tag})
    other = ann.get(address, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert ann.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_only_those_who_may_read_the_interview_hear_it(come_in: Callable[[str], TestClient], address: str) -> None:
    for name, expected in (("bob", 200), ("lead", 200), ("admin", 200), ("eve", 403), ("aud", 403)):
        assert come_in(name).get(address).status_code == expected, name


def test_nobody_hears_it_without_signing_in(client: TestClient, address: str) -> None:
    assert client.get(address, follow_redirects=False).status_code == 303


def test_without_a_recording_the_page_says_so(ann: TestClient, office: WebScene) -> None:
    answer = ann.get(f"/media/{office.interview.id}")
    assert answer.status_code == 404
    assert "no recording" in answer.text


def test_what_no_player_plays_is_never_shown_in_the_site(ann: TestClient, office: WebScene) -> None:
    held = office.interview
    page = io.BytesIO(b"<html><script>alert(1)</script>")
    openings.attach_recording(office.desk("ann"), held.id, page, held.version)
    answer = ann.get(f"/media/{held.id}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_bundled_recordings_are_known_by_their_bytes(fixtures: Path) -> None:
    for name, kind in (("demo.opus", "audio/ogg"), ("csm-phone.mp3", "audio/mpeg")):
        with (fixtures / "recordings" / name).open("rb") as stream:
            assert kind_of(stream.read(64)) == kind


@given(st.text(max_size=30), st.integers(1, 10**12))
def test_no_header_leads_outside_the_file(header: str, size: int) -> None:
    for asked in (header, f"bytes={header}"):
        try:
            part = wanted(asked, size)
        except UnsatisfiableError:
            continue
        assert part is None or 0 <= part.first <= part.last < size


def test_a_part_counts_both_ends() -> None:
    assert Part(2, 4).length == 3
