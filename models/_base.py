"""The base of all nouns: frozen, strict about unknown fields, compared by value."""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """An immutable value; unknown fields are an error, so that a misspelt key never passes silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
