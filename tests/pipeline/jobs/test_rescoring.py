"""Interviews scored again from what was kept of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from shop import Shop

from models.answer import Answer
from models.rubric import Rubric
from models.score import DraftScore
from models.transcript import Turn
from pipeline.actions.deleting import delete_interview
from pipeline.jobs.rescoring import report, rescore_one, rescore_opening
from pipeline.jobs.work import Work


@pytest.fixture
def changed(shop: Shop) -> Rubric:
    """The opening's rubric in another version."""
    return shop.scene.rubric.model_copy(update={"version": "changed"})


def test_the_first_re_score_keeps_what_the_second_needs(shop: Shop, changed: Rubric) -> None:
    """An interview that came with a ready analysis is read once; a dry run changes nothing of it."""
    shop.scene.analyse()
    one, desk = shop.scene.interview.id, shop.scene.desk("lead")
    first = rescore_one(desk, shop.work, one, changed, dry_run=True)
    assert (first.cause, first.cached) == ("", False)
    again = rescore_one(desk, shop.work, one, changed, dry_run=True)
    assert again.cached
    assert again.changes == first.changes != ()
    assert shop.done() == ["score", "match", "score"]
    assert shop.analyses(one) == 1


def test_what_is_kept_goes_with_the_interview(shop: Shop, changed: Rubric) -> None:
    """Forgetting an interview leaves neither readings nor vectors."""
    shop.scene.analyse()
    one = shop.scene.interview.id
    rescore_one(shop.scene.desk("lead"), shop.work, one, changed, dry_run=True)
    assert {shop.work.artefacts.made(one, name) is None for name in ("readings", "vectors")} == {False}
    shop.work.forget(one)
    assert shop.work.artefacts.interviews() == ()


def test_an_interview_deleted_while_it_is_scored_again_leaves_nothing(
    shop: Shop, changed: Rubric, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion comes between reading and keeping: nothing of the talk comes back."""
    shop.scene.analyse()
    one = shop.scene.interview.id
    draft = type(shop.work.engines.scorer).score

    def slow(self: object, turns: Sequence[Turn], answers: Sequence[Answer], used: Rubric) -> Sequence[DraftScore]:
        delete_interview(shop.scene.desk("admin"), one, forget=[shop.work.forget_traces])
        return draft(self, turns, answers, used)

    monkeypatch.setattr(type(shop.work.engines.scorer), "score", slow)
    rescore_one(shop.scene.desk("lead"), shop.work, one, changed, dry_run=True)
    assert shop.work.artefacts.interviews() == ()


def test_vectors_that_changed_take_the_place_of_the_old_ones(
    shop: Shop, changed: Rubric, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another rubric quotes other passages: one file of vectors an interview, however often it is scored."""
    shop.scene.analyse()
    one, desk, fake = shop.scene.interview.id, shop.scene.desk("lead"), type(shop.work.engines.scorer)
    rescore_one(desk, shop.work, one, changed, dry_run=True)
    before, size = shop.work.artefacts.made(one, "vectors"), shop.work.artefacts.size(one)
    monkeypatch.setattr(fake, "vectors", lambda self, turns: b"embedde2")
    rescore_one(desk, shop.work, one, changed, dry_run=True)
    assert shop.work.artefacts.made(one, "vectors") != before
    assert shop.work.artefacts.size(one) == size


def test_an_opening_is_scored_again_one_by_one_and_told_in_sum(shop: Shop, changed: Rubric) -> None:
    """Every analysed interview of the opening, those without an analysis left out."""
    shop.scene.analyse()
    shop.scene.analyse(shop.scene.add_interview(shop.scene.add_candidate("Quinn Quux")))
    shop.scene.add_interview(shop.scene.add_candidate("Not Analysed"))
    done = list(rescore_opening(shop.scene.desk("lead"), shop.work, shop.scene.job.id, changed, dry_run=True))
    told = report(done)
    assert (told.interviews, told.failed, told.changed) == (2, 0, 2)
    assert isinstance(shop.work, Work)
