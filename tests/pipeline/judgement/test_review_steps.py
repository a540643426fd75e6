"""What a reviewer can do with a competency, and what they get to see when."""

import pytest
from builders import NOON, a_draft, a_rubric, an_interview

from models.review import HiddenDraft, ReviewEvidence
from models.user import USER_ROLES, User
from pipeline.errors import ConflictError, DebriefError, ForbiddenError, NotFoundError, UsageError
from pipeline.judgement import permissions, reveal
from pipeline.judgement import review as steps

DRAFT = a_draft("c1", 5, (7, "late quote"), (3, "early quote"))


def open_card(*, rate_first: bool = True):
    return steps.open_review("x", an_interview(), a_rubric(rate_first=rate_first), "ann", {"c1": DRAFT}, "a1", NOON)


def test_draft_gives_nothing_away_before_the_own_score():
    """Quotes and times in spoken order; no level, polarity, pull, anchor, similarity or rationale anywhere in the JSON."""
    card = open_card()
    shown = reveal.visible(card, DRAFT)
    assert isinstance(shown, HiddenDraft)
    assert [q.quote for q in shown.quotes] == ["early quote", "late quote"]
    for text in (shown.model_dump_json(), card.model_dump_json(exclude={"rubric"})):
        for secret in ("SECRET", '"polarity":"+"', '"pull"', '"level":"5"', "similarity", '"value"', "confidence"):
            assert secret not in text


def test_draft_comes_into_view_with_the_own_score_of_that_competency_alone():
    card = steps.rate(open_card(), "c1", 2, DRAFT, NOON)
    assert reveal.visible(card, DRAFT) == DRAFT
    assert isinstance(reveal.visible(card, a_draft("c2")), HiddenDraft)
    assert card.score("c1").blind
    assert card.score("c1").evidence[0].level == "5"


def test_first_score_is_kept_for_ever():
    card = steps.rate(open_card(), "c1", 2, DRAFT, NOON)
    card = steps.accept(card, "c1", DRAFT, NOON, reason="the second story convinced me")
    card = steps.rate(card, "c1", 4, DRAFT, NOON, reason="in between")
    card = steps.leave_out(card, "c1", NOON, reason="bad question")
    assert (card.score("c1").first_score, card.score("c1").blind) == (2, True)


def test_change_after_the_reveal_needs_a_reason_and_is_named():
    card = steps.rate(open_card(), "c1", 2, DRAFT, NOON)
    with pytest.raises(UsageError, match="reason"):
        steps.rate(card, "c1", 3, DRAFT, NOON)
    with pytest.raises(UsageError, match="reason"):
        steps.accept(card, "c1", DRAFT, NOON)
    taken = steps.accept(card, "c1", DRAFT, NOON, reason="right")
    assert (taken.score("c1").score, taken.score("c1").choice) == (5, "took-draft")
    assert steps.keep(card, "c1", DRAFT, NOON).score("c1").choice == "kept"
    assert steps.keep(taken, "c1", DRAFT, NOON, reason="no, mine").score("c1").score == 2


def test_accept_before_the_own_score_is_forbidden_when_rating_first():
    with pytest.raises(ForbiddenError):
        steps.accept(open_card(), "c1", DRAFT, NOON)


def test_without_rate_first_one_accepts_or_overrides_with_a_reason():
    card = open_card(rate_first=False)
    assert reveal.visible(card, DRAFT) == DRAFT
    accepted = steps.accept(card, "c1", DRAFT, NOON)
    assert (accepted.score("c1").score, accepted.score("c1").choice, accepted.score("c1").blind) == (
        5,
        "accepted",
        False,
    )
    assert reveal.conduct(accepted).accepted_unopened == ("c1",)
    with pytest.raises(UsageError, match="reason"):
        steps.override(card, "c1", 3, DRAFT, NOON, reason=" ")
    assert steps.override(card, "c1", 3, DRAFT, NOON, reason="luck").score("c1").choice == "overridden"


def test_dismissal_needs_a_reason_and_takes_the_draft_quotes_out():
    with pytest.raises(UsageError):
        steps.dismiss(open_card(), "c1", NOON, reason="")
    card = steps.dismiss(open_card(), "c1", NOON, reason="another person's words")
    assert card.score("c1").quotes == ()
    assert all(e.removed for e in card.score("c1").evidence)


@pytest.mark.parametrize("score", [0, 6, -1, 3.5, "4", True, None])
def test_scores_off_the_scale_are_refused(score):
    with pytest.raises(UsageError, match="scale"):
        steps.rate(open_card(), "c1", score, None, NOON)


def test_unknown_competency_and_quote_are_not_found():
    with pytest.raises(NotFoundError):
        steps.rate(open_card(), "c9", 3, None, NOON)
    with pytest.raises(NotFoundError):
        steps.remove_evidence(open_card(), "c1", "m9")


def test_evidence_can_be_added_and_removed_but_stays_on_record():
    card = steps.add_evidence(open_card(), "c1", ReviewEvidence(id="a1", quote="my own", source="added"))
    with pytest.raises(ConflictError):
        steps.add_evidence(card, "c1", ReviewEvidence(id="a1", quote="again", source="added"))
    card = steps.remove_evidence(card, "c1", "m1")
    assert [e.quote for e in card.score("c1").quotes] == ["late quote", "my own"]
    assert len(card.score("c1").evidence) == 3


def test_submitted_review_is_closed_until_reopened_with_a_reason():
    card = open_card()
    for c in ("c1", "c2", "c3"):
        card = steps.note(steps.rate(card, c, 3, None, NOON), c, "words")
    done, scores = steps.submit(steps.conclude(card, "no", "", "thin"), NOON)
    assert len(scores) == 3
    for change in (lambda: steps.rate(done, "c1", 4, None, NOON), lambda: steps.note(done, "c1", "x")):
        with pytest.raises(ConflictError):
            change()
    with pytest.raises(UsageError):
        steps.reopen(done, reason="")
    assert steps.reopen(done, reason="typo").state == "draft"


def test_newer_analysis_flags_only_choices_made_on_a_changed_draft():
    card = steps.rate(steps.rate(open_card(), "c1", 2, DRAFT, NOON), "c2", 3, None, NOON)
    card = steps.keep(card, "c1", DRAFT, NOON)
    newer = {"c1": a_draft("c1", 2, (9, "new words"))}
    followed = steps.follow(card, "a2", newer, ["c1"])
    assert followed.score("c1").flag
    assert [e.quote for e in followed.score("c1").quotes] == ["new words"]
    assert followed.score("c2") == card.score("c2")
    assert not steps.keep(followed, "c1", newer["c1"], NOON).score("c1").flag


def test_who_is_not_assigned_cannot_open_a_review():
    with pytest.raises(ForbiddenError):
        steps.open_review("x", an_interview(), a_rubric(), "bob", {}, None, NOON)


def test_time_spent_adds_up_and_nonsense_is_refused():
    card = steps.spend(steps.spend(open_card(), "c1", 10), "c1", 5, opened=True)
    assert reveal.conduct(card).seconds["c1"] == 15
    for seconds in (-1, float("nan"), 1e9):
        with pytest.raises(DebriefError):
            steps.spend(card, "c1", seconds)


EXPECTED = {
    "interviewer": "upload read-interview correct review read-panel calibrate",
    "reviewer": "read-interview correct review read-panel calibrate",
    "hiring_lead": "manage-openings manage-interviews upload read-interview correct review read-panel settle-panel decide "
    "rank export calibrate",
    "admin": "manage-users manage-openings manage-interviews upload read-interview correct review read-panel rank export "
    "delete calibrate read-audit",
    "auditor": "read-audit",
}


@pytest.mark.parametrize("role", USER_ROLES)
def test_permissions_table_says_what_each_role_may(role):
    """Every role against every right, on an interview that the person is assigned to."""
    user = User(id="ann", name="Ann", email="a@x", roles=(role,))
    assert {r for r in permissions.TABLE if permissions.may(user, r, an_interview())} == set(EXPECTED[role].split())
    gone = user.model_copy(update={"active": False})
    assert not any(permissions.may(gone, r, an_interview()) for r in permissions.TABLE)


def test_permissions_end_at_other_peoples_interviews():
    for role in ("interviewer", "reviewer"):
        user = User(id="bob", name="Bob", email="b@x", roles=(role,))
        assert {r for r in permissions.TABLE if permissions.may(user, r, an_interview())} == {"calibrate"}
    lead = User(id="lea", name="Lea", email="l@x", roles=("hiring_lead",))
    assert permissions.may(lead, "read-interview", an_interview())
    assert not permissions.may(lead, "review", an_interview())


def test_others_reviews_stay_hidden_until_ones_own_is_submitted():
    ann = User(id="ann", name="A", email="a@x", roles=("interviewer",))
    mine = open_card()
    theirs = mine.model_copy(update={"id": "y", "reviewer": "bob", "state": "submitted"})
    assert not permissions.may_see_review(ann, theirs, [mine])
    assert permissions.may_see_review(ann, theirs, [mine.model_copy(update={"state": "submitted"})])
    assert not permissions.may_see_review(ann, theirs.model_copy(update={"state": "draft"}), [])
