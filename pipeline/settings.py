"""Settings: embedded defaults < ``debrief.toml`` < environment (``DEBRIEF_…``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


def default_cache() -> Path:
    """Where prepared weights and verification marks live: the user's cache folder, never the working folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    return Path(base) / "debrief"


def default_data() -> Path:
    """Where interviews and reviews live unless a database and a media folder are named: the user's data folder."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("APPDATA") or str(Path.home() / ".local" / "share")
    return Path(base) / "debrief"


class Settings(BaseSettings):
    """What a user may change without touching code. Every field has a default that works offline."""

    model_config = SettingsConfigDict(env_prefix="DEBRIEF_", toml_file="debrief.toml", extra="ignore")

    cache: Path = default_cache()
    transcriber: Literal["faster-whisper", "openai-whisper"] = "faster-whisper"
    model: Literal["tiny.en", "base"] = "tiny.en"
    threads: int = os.cpu_count() or 2
    profile: Literal["auto", "cpu", "small", "accurate", "cuda"] = "auto"
    """How the recogniser uses the machine: a graphics card where there is one (auto), the processor, little memory, or a wider search."""
    offline: bool = False
    data: Path = default_data()
    database: str = ""
    """URL of the database; empty: SQLite in ``data``."""
    media: str = ""
    """fsspec URL of the media folder or bucket; empty: a folder in ``data``."""
    user: str = ""
    """E-mail of the acting person on the command line; empty: the owner of this installation."""
    hook: str = ""
    """Command or http(s) address that is told when an interview is ready."""

    @property
    def uploads(self) -> Path:
        """Where pieces of recordings lie until they are whole."""
        return self.data / "uploads"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file in the working folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
