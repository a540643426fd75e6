"""Recordings and artefacts in a bucket."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from bucket import Bucket
from shop import Shop

from pipeline.actions import deleting
from pipeline.store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.service]


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Bucket]:
    """A stand-in for S3."""
    pytest.importorskip("moto")
    opened = Bucket(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def far_shop(bucket: Bucket, tmp_path: Path, migrated: Path, spoken: bytes) -> Iterator[Shop]:
    """A shop whose recordings and artefacts are in the bucket."""
    shutil.copy(migrated, tmp_path / "debrief.db")
    url = f"sqlite:///{tmp_path}/debrief.db"
    store = Store(url, bucket.url, code="test")
    opened = Shop(store, url, bucket.url, tmp_path, spoken)
    yield opened
    opened.close()
    store.close()


def test_work_goes_through_a_bucket_and_deletion_empties_it(far_shop: Shop, bucket: Bucket) -> None:
    """Recording and artefacts are objects; nothing of them is left when the interview is deleted."""
    import s3fs

    (one,) = far_shop.submit(1)
    far_shop.hire()
    assert far_shop.until_settled([one])[one].state == "done"
    files = s3fs.S3FileSystem(use_listings_cache=False)
    assert any("artefacts" in name for name in files.find("interviews"))
    deleting.delete_interview(far_shop.scene.desk("admin"), one, forget=[far_shop.work.forget_traces])
    assert files.find("interviews") == []


def test_a_bucket_that_is_away_is_waited_for(far_shop: Shop, bucket: Bucket) -> None:
    """Away for ten seconds in the middle of a step: nothing fails and nothing is done twice."""
    ids = far_shop.submit(2)
    far_shop.hire(trouble={"stage": "transcribe", "wait": 5, "times": 1})
    far_shop.until(lambda: "transcribe" in far_shop.done())
    bucket.line.break_off()
    time.sleep(15)
    bucket.line.cut = False
    assert {s.state for s in far_shop.until_settled(ids, 120).values()} == {"done"}
    assert [far_shop.analyses(one) for one in ids] == [1, 1]
    assert Counter(far_shop.done())["diarize"] == 2
