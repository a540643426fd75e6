"""What happens to the work when something breaks: one of each kind. ``benchmarks/faults.py`` does each of them many times."""

from __future__ import annotations

import signal
from collections import Counter

import pytest
from shop import Shop

from pipeline.actions import deleting

pytestmark = pytest.mark.slow


def settled_with_new_workers(shop: Shop, ids: list[str], **changes: object) -> int:
    """Hires a worker whenever the last one is gone, until nothing is open; how many that took."""

    def told() -> bool:
        if all(worker.poll() is not None for worker in shop.workers):
            shop.hire(**changes)
        return all(s.state not in ("waiting", "running") for s in shop.work.states(ids).values())

    shop.until(told, 120)
    return len(shop.workers)


def test_two_workers_never_do_one_interview_twice(shop: Shop) -> None:
    """Ten interviews, two workers: each stage of each interview once."""
    ids = shop.submit(10)
    shop.hire()
    shop.hire()
    assert {s.state for s in shop.until_settled(ids, 90).values()} == {"done"}
    assert set(Counter(shop.done()).values()) == {10}
    assert [shop.analyses(one) for one in ids] == [1] * 10


def test_a_step_that_hangs_ends_its_worker_and_is_tried_again(shop: Shop) -> None:
    """The worker ends with a code of its own; the next one does the step."""
    (one,) = shop.submit(1)
    hung = shop.hire(trouble={"stage": "diarize", "wait": 600}, options={"least_seconds": 2, "seconds_a_minute": 1})
    assert hung.wait(40) == 75
    shop.hire()
    assert shop.until_settled([one])[one].state == "done"
    assert Counter(shop.done()) == {"transcribe": 1, "diarize": 2, "match": 1, "score": 1}


def test_a_recording_that_kills_every_worker_is_given_up(shop: Shop) -> None:
    """After three workers the interview is a recorded failure, and the others are done."""
    bad, good = shop.submit(2)
    trouble = {"stage": "diarize", "kill": True, "times": 3}
    took = settled_with_new_workers(shop, [bad, good], trouble=trouble)
    states = shop.work.states([bad, good])
    assert (states[bad].state, states[good].state) == ("failed", "done")
    assert "took its worker down 3 times" in states[bad].cause
    assert states[bad].remedy
    assert took == 4


def test_a_fault_in_an_engine_is_recorded_without_what_was_said(shop: Shop) -> None:
    """A failure with a remedy for people; ids alone in the queue's database and in the logs."""
    ids = shop.submit(2, name="Zelda Quux.wav")
    shop.hire(trouble={"stage": "score", "error": "bug", "times": 1})
    states = shop.until_settled(ids)
    failed = next(s for s in states.values() if s.state == "failed")
    assert sorted(s.state for s in states.values()) == ["done", "failed"]
    assert "(ValueError)" in failed.cause
    assert failed.remedy
    kept = b"".join(file.read_bytes() for file in (shop.folder / "db").glob("work.db*"))
    for secret in (b"secret", b"Zelda", b"difficult customer"):
        assert secret not in kept
        assert secret not in shop.logs().encode()


def test_failed_work_can_be_tried_again_without_doing_all_of_it_again(shop: Shop) -> None:
    """Damaged weights fail the interview with what to do; after that, retry does only what was not done."""
    (one,) = shop.submit(1)
    shop.hire(trouble={"stage": "diarize", "error": "weights", "times": 1})
    failed = shop.until_settled([one])[one]
    assert (failed.state, failed.remedy) == ("failed", "debrief models prepare")
    shop.work.retry(one)
    assert shop.until_settled([one])[one].state == "done"
    assert Counter(shop.done()) == {"transcribe": 1, "diarize": 2, "match": 1, "score": 1}


def test_a_full_disk_is_waited_for(shop: Shop) -> None:
    """Full for a moment: the work goes on. Full for good: a failure that says so."""
    (one,) = shop.submit(1)
    shop.hire(trouble={"stage": "transcribe", "error": "full", "times": 4}, options={"storage_tries": 3})
    failed = shop.until_settled([one])[one]
    assert failed.state == "failed"
    assert "No space left" in failed.cause
    shop.work.retry(one)  # one more fault is left in store
    assert shop.until_settled([one])[one].state == "done"


def test_work_of_another_version_is_begun_anew_by_this_one(shop: Shop) -> None:
    """An upgrade with work in flight: nobody continues steps that another version began."""
    (one,) = shop.submit(1)
    old = shop.hire(version="1.0", trouble={"stage": "score", "wait": 600})
    shop.until(lambda: "score" in shop.done())
    first = shop.state(one).workflow
    old.kill()
    old.wait()
    shop.hire(version="2.0")
    shop.until(lambda: shop.state(one).workflow != first)
    assert shop.until_settled([one])[one].state == "done"
    assert shop.analyses(one) == 1
    assert shop.work.client.retrieve_workflow(first).get_status().status == "CANCELLED"


def test_an_interview_that_is_deleted_at_work_leaves_nothing(shop: Shop) -> None:
    """The worker is in the middle of it: afterwards there is no artefact, no row and no workflow of it."""
    (one,) = shop.submit(1)
    shop.hire(trouble={"stage": "diarize", "wait": 6})
    shop.until(lambda: "diarize" in shop.done())
    deleting.delete_interview(shop.scene.desk("admin"), one, forget=[shop.work.forget_traces])
    shop.until(lambda: '"event": "gone"' in shop.logs())
    shop.until(lambda: shop.work.artefacts.size(one) == 0)
    assert shop.work.states([one]) == {}
    assert not [p for p in (shop.folder / "media").rglob("*") if p.is_file() and one in str(p)]


def test_work_can_be_cancelled_while_it_runs(shop: Shop) -> None:
    """The step under way is not followed by another."""
    (one,) = shop.submit(1)
    shop.hire(trouble={"stage": "transcribe", "wait": 3})
    shop.until(lambda: "transcribe" in shop.done())
    shop.work.cancel(one)
    (two,) = shop.submit(1)
    assert shop.until_settled([two])[two].state == "done"
    assert shop.state(one).state == "cancelled"
    assert shop.analyses(one) == 0


def test_who_waits_comes_before_the_night(shop: Shop) -> None:
    """An interview with priority overtakes the batch."""
    night = shop.submit(3)
    now = shop.interview().id
    shop.work.submit(now, priority="now")
    shop.hire(trouble={"stage": "transcribe", "wait": 0.5})
    shop.until(lambda: shop.state(now).state == "done")
    assert sum(shop.state(one).state == "done" for one in night) == 0


def test_a_worker_that_is_stopped_hands_its_work_on(shop: Shop) -> None:
    """SIGTERM in a step: the process ends at once and another takes over."""
    (one,) = shop.submit(1)
    first = shop.hire(trouble={"stage": "diarize", "wait": 600})
    shop.until(lambda: "diarize" in shop.done())
    first.send_signal(signal.SIGTERM)
    assert first.wait(15) == 0
    shop.hire()
    assert shop.until_settled([one])[one].state == "done"


@pytest.mark.service
def test_workers_on_postgresql_do_each_interview_once(any_shop: Shop) -> None:
    """The same on each kind of database: three workers, one of them killed in the middle."""
    ids = any_shop.submit(6)
    killed = any_shop.hire(trouble={"stage": "score", "wait": 600})
    any_shop.hire()
    any_shop.hire()
    any_shop.until(lambda: "score" in any_shop.done())
    any_shop.until(lambda: any(s.state == "done" for s in any_shop.work.states(ids).values()))
    killed.kill()
    killed.wait()
    assert {s.state for s in any_shop.until_settled(ids, 90).values()} == {"done"}
    assert [any_shop.analyses(one) for one in ids] == [1] * 6
    assert Counter(any_shop.done())["transcribe"] == 6
