"""The recording or transcript file that an analysis starts from."""

from models._base import Noun


class Source(Noun):
    """What was analysed: the file's name, the sha256 of its bytes, and how long the talk lasts in seconds."""

    name: str
    sha256: str
    duration_s: float
