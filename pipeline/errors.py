"""One tree of errors: each says what is wrong and what to do, and carries its exit code and HTTP status."""


class DebriefError(Exception):
    """Something a person can act on: ``message`` names the file and the fault, ``remedy`` says what to do."""

    exit_code = 1
    http_status = 500

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsageError(DebriefError):
    """The command or the request does not make sense."""

    exit_code = 2
    http_status = 400


class SourceError(DebriefError):
    """The recording or transcript cannot be used."""

    exit_code = 3
    http_status = 422


class RubricError(DebriefError):
    """The rubric cannot be read or does not hold together."""

    exit_code = 4
    http_status = 422


class LanguageError(SourceError):
    """The talk is not in English."""

    exit_code = 5


class WeightsError(DebriefError):
    """Model weights are missing, damaged, or not what they should be."""

    exit_code = 6
    http_status = 503


class EngineError(DebriefError):
    """An engine failed on a recording that looked usable."""

    exit_code = 7


class StorageError(DebriefError):
    """A result cannot be written."""

    exit_code = 8
    http_status = 507


class NotFoundError(DebriefError):
    """There is no such thing here."""

    exit_code = 9
    http_status = 404


class ConflictError(DebriefError):
    """Somebody else changed it meanwhile; nothing was written."""

    exit_code = 10
    http_status = 409


class ForbiddenError(DebriefError):
    """This person may not do that."""

    exit_code = 11
    http_status = 403
