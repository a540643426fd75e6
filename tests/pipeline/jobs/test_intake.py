"""Recordings that come in: in pieces, broken off, damaged, twice, without room; nothing of a user reaches a path."""

from __future__ import annotations

import hashlib
import io
import os
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from shop import Shop, wav

from pipeline.actions import deleting, uploading
from pipeline.errors import ConflictError, ForbiddenError, NotFoundError, SourceError, StorageError, UsageError
from pipeline.jobs import intake as module
from pipeline.jobs.intake import Intake
from pipeline.jobs.probing import Probe, analysed_as, plain_name, probe_apart


@pytest.fixture
def intake(shop: Shop) -> Intake:
    return Intake(shop.folder / "uploads", shop.work, look=lambda file, name: Probe("recording", None))


def parts(shop: Shop) -> list[str]:
    return sorted(os.listdir(shop.folder / "uploads"))


def test_broken_upload_goes_on_and_becomes_queued_work(shop: Shop, intake: Intake) -> None:
    desk, held, data = shop.scene.desk("ann"), shop.scene.interview, shop.spoken
    sha256 = hashlib.sha256(data).hexdigest()
    upload = intake.begin(desk, held.id, "Zelda.wav", len(data), sha256)
    intake.piece(desk, upload.id, 0, data[:1000])
    again = intake.begin(desk, held.id, "Zelda.wav", len(data), sha256)
    assert (again.id, again.received) == (upload.id, 1000)
    assert intake.unfinished(desk) == (again,)
    with pytest.raises(ConflictError, match="Not everything"):
        intake.finish(desk, upload.id)
    with pytest.raises(UsageError):
        intake.piece(desk, upload.id, 2000, data[2000:3000])
    assert intake.piece(desk, upload.id, 0, data[:1000]).received == 1000
    intake.piece(desk, upload.id, 500, data[500:])
    done = intake.finish(desk, upload.id, ["churn"])
    assert (done.interview, done.name, done.queued) == (held.id, "Zelda.wav", True)
    assert shop.state(held.id).state == "waiting"
    assert intake.finish(desk, upload.id) == done
    assert parts(shop) == []
    assert shop.store.media.exists(sha256)


def test_bytes_that_are_not_those_announced_are_refused(shop: Shop, intake: Intake) -> None:
    desk, held = shop.scene.desk("ann"), shop.scene.interview
    upload = intake.begin(desk, held.id, "call.wav", 5, "0" * 64)
    intake.piece(desk, upload.id, 0, b"hello")
    with pytest.raises(SourceError, match="damaged on its way"):
        intake.finish(desk, upload.id)
    with pytest.raises(SourceError, match="not those that were sent"):
        intake.finish(desk, upload.id)
    assert (parts(shop), shop.store.media.hashes()) == ([], ())


def test_same_recording_at_another_interview_is_recognised(shop: Shop, intake: Intake) -> None:
    first = shop.interview()
    desk, sha256 = shop.scene.desk("ann"), str(first.recording)
    found = intake.already(desk, shop.scene.interview.id, sha256)
    assert found is not None
    assert found.interview == first.id
    assert intake.already(desk, first.id, sha256) is None
    assert intake.already(shop.scene.desk("eve"), shop.scene.interview.id, sha256) is None


def test_what_cannot_be_is_refused_before_a_byte_is_kept(
    shop: Shop, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, held = shop.scene.desk("ann"), shop.scene.interview
    with pytest.raises(SourceError, match="empty"):
        intake.begin(desk, held.id, "a.wav", 0)
    with pytest.raises(SourceError, match="2 GB"):
        intake.begin(desk, held.id, "a.wav", uploading.LARGEST + 1)
    refused = shop.scene.add_interview(shop.scene.candidate, consent="refused")
    with pytest.raises(ForbiddenError, match="consent"):
        intake.begin(desk, refused.id, "a.wav", 5)
    with pytest.raises(ForbiddenError):
        intake.begin(shop.scene.desk("eve"), held.id, "a.wav", 5)
    monkeypatch.setattr(module, "RESERVE", 1 << 60)
    with pytest.raises(StorageError, match="no room"):
        intake.begin(desk, held.id, "a.wav", 5)
    assert parts(shop) == []
    assert uploading.uploads(desk) == ()


def test_full_disk_says_so_and_the_upload_goes_on_later(
    shop: Shop, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = shop.scene.desk("ann")
    upload = intake.begin(desk, shop.scene.interview.id, "a.wav", 10)
    intake.piece(desk, upload.id, 0, b"12345")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(StorageError, match="disk is full"):
            intake.piece(desk, upload.id, 5, b"67890")
    assert intake.piece(desk, upload.id, 5, b"67890").received == 10


def test_others_uploads_and_invented_ids_are_nobodys(shop: Shop, intake: Intake) -> None:
    upload = intake.begin(shop.scene.desk("ann"), shop.scene.interview.id, "a.wav", 10)
    for key in (upload.id, "0" * 32, "../../debrief.db", ""):
        with pytest.raises(NotFoundError):
            intake.piece(shop.scene.desk("lead"), key, 0, b"12345")


def test_pieces_of_deleted_and_abandoned_uploads_are_removed(shop: Shop, intake: Intake) -> None:
    desk = shop.scene.desk("ann")
    gone = intake.begin(desk, shop.scene.interview.id, "Zelda.wav", 10)
    receipt = deleting.delete_interview(shop.scene.desk("admin"), shop.scene.interview.id, forget=[intake.forget])
    assert receipt.elsewhere == (gone.id,)
    held = shop.scene.add_interview(shop.scene.candidate)
    old = intake.begin(desk, held.id, "b.wav", 10)
    kept = intake.begin(desk, held.id, "c.wav", 10)
    (shop.folder / "uploads" / ("f" * 32)).write_bytes(b"nobody's")
    past = time.time() - 8 * 86400
    os.utime(shop.folder / "uploads" / old.id, (past, past))
    assert intake.sweep(shop.store) == 2
    assert parts(shop) == [kept.id]
    assert uploading.get(desk, old.id).state == "failed"


def test_retry_and_cancel_are_for_those_who_may_upload(shop: Shop, intake: Intake) -> None:
    held = shop.interview()
    for name in ("bob", "eve", "aud"):
        with pytest.raises(ForbiddenError):
            intake.retry(shop.scene.desk(name), held.id)
    intake.retry(shop.scene.desk("ann"), held.id)
    assert shop.state(held.id).state == "waiting"
    intake.cancel(shop.scene.desk("ann"), held.id)
    assert shop.state(held.id).state == "cancelled"
    intake.retry(shop.scene.desk("lead"), held.id)
    assert shop.state(held.id).state == "waiting"


def test_content_and_not_the_name_says_what_a_file_is(shop: Shop, tmp_path: Path) -> None:
    """A renamed executable, an empty file, a 20-hour header, a broken transcript: each says what is wrong."""
    file = tmp_path / ("a" * 32)

    def found(data: bytes, name: str) -> str:
        file.write_bytes(data)
        try:
            return probe_apart(file, name).kind
        except SourceError as error:
            return str(error).replace("a" * 32, "OUR NAME")

    assert found(shop.spoken, "call.txt") == "recording"
    assert found(b"WEBVTT\n\n00:00.000 --> 00:05.000\n<v Ann>Tell me about a customer.\n", "t.mp4") == "transcript"
    assert found(b"\x7fELF" + bytes(range(256)) * 40, "call.mp4").startswith("call.mp4: this is not a sound or video")
    assert found(b'{"turns": [', "talk.json").startswith("talk.json:1: not valid JSON")
    assert "empty" in found(b"", "call.wav")
    header = bytearray(shop.spoken[:4000])
    with io.BytesIO(bytes(shop.spoken)) as stream, wave.open(stream) as sound:
        assert sound.getframerate() == 16_000
    header[40:44] = (20 * 3600 * 32_000).to_bytes(4, "little")
    assert found(bytes(header), "day.wav").startswith("day.wav: the recording is longer than 4 hours")


def test_sender_cannot_choose_a_path() -> None:
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("C:\\calls\\zoe\x00\x1b[2J.m4a") == "zoe [2J.m4a"
    assert plain_name("..") == "recording"
    assert len(plain_name("x" * 400 + ".m4a")) <= 150
    assert analysed_as("call.txt", wav(np.zeros(100))) == "call.audio"
    assert analysed_as("talk", b"Ann: hello\n") == "talk.txt"
