"""The talk cut per question."""

from models._base import Noun


class Answer(Noun):
    """One block of talk about one question: turn numbers of the block, of the asking, and of the interviewer's probes.

    A question that comes back later has a second entry. ``question`` is a bank id or ``free-N``.
    """

    question: str
    asked_in: tuple[int, ...]
    probes_in: tuple[int, ...]
    turns: tuple[int, ...]
