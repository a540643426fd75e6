"""Work that survives its workers."""

from __future__ import annotations

import signal
from collections import Counter

import pytest
from shop import Shop


def test_work_on_an_interview_ends_in_published_drafts(shop: Shop) -> None:
    """Submitted, worked on, published: the interview has its analysis and nothing was done twice."""
    (one,) = shop.submit(1)
    shop.hire()
    state = shop.until_settled([one])[one]
    assert (state.state, state.share, state.cause) == ("done", 1.0, "")
    assert shop.analyses(one) == 1
    assert Counter(shop.done()) == {"transcribe": 1, "diarize": 1, "match": 1, "score": 1}


@pytest.mark.parametrize("stage", ["transcribe", "score"])
def test_a_killed_workers_interview_goes_on_where_it_stopped(shop: Shop, stage: str) -> None:
    """Kill -9 in a step: another worker repeats that step alone."""
    (one,) = shop.submit(1)
    first = shop.hire(trouble={"stage": stage, "wait": 60})
    shop.until(lambda: stage in shop.done())
    first.send_signal(signal.SIGKILL)
    first.wait()
    shop.hire()
    assert shop.until_settled([one])[one].state == "done"
    assert shop.analyses(one) == 1
    counted = Counter(shop.done())
    assert counted.pop(stage) == 2
    assert set(counted.values()) == {1}


def test_the_teams_hook_is_told_when_an_interview_is_ready_and_its_failure_costs_nothing(shop: Shop) -> None:
    told = shop.folder / "told.json"
    (one,) = shop.submit(1)
    shop.hire(hook=f"sh -c 'cat > {told}; exit 1'")
    assert shop.until_settled([one], 180)[one].state == "done"
    shop.until(lambda: "hook failed" in shop.logs(), 60)
    assert f'"interview": "{one}"' in told.read_text()
