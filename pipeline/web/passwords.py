"""Passwords: what is a good one, its Argon2 hash, and how often one may try."""

from __future__ import annotations

import hashlib
import math
import threading
from datetime import datetime, timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from models.user import User
from pipeline.actions import accounts
from pipeline.errors import UsageError
from pipeline.store.store import Store

SHORTEST, LONGEST = 12, 256
"""Characters of a password: long enough to resist guessing, short enough to be hashed."""

WINDOW = timedelta(minutes=15)
FOR_ACCOUNT, FOR_ADDRESS = 10, 50
"""Tries that may fail within the window: on one account, and from one address (a whole office may share that)."""

_HASHER = PasswordHash((Argon2Hasher(),))
_AT_ONCE = threading.Semaphore(2)
"""Each hash takes 64 MB for a moment: many sign-ins at once wait in line instead of taking the memory."""

_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$ks16X/N0zv269fuK1ms9BQ$jTmLXjWWXlMncs+ze6VozLLHgwzu3TnBleY/llizBAU"
"""What a try on an unknown account is checked against, so that it takes as long as any other."""


def hashed(password: str) -> str:
    """The Argon2 hash of a new password; UsageError where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            f"A password has {SHORTEST} to {LONGEST} characters.", "Four or five words in a row make a good one."
        )
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(password: str, hash_: str | None) -> bool:
    """Whether the password is the one of that hash; for None never, after the same time."""
    with _AT_ONCE:
        found = _HASHER.verify(password[: LONGEST + 1], hash_ or _NOBODY)
    return found and hash_ is not None


def minutes_to_wait(store: Store, email: str, address: str, now: datetime) -> int:
    """How many minutes nobody may try this account, or from this address; 0 where one may."""
    waits = [0]
    for key, most in ((_account(email), FOR_ACCOUNT), (_address(address), FOR_ADDRESS)):
        failed = accounts.failed_tries(store, key, now - WINDOW)
        if len(failed) >= most:
            waits.append(math.ceil((failed[-most] + WINDOW - now).total_seconds() / 60))
    return max(waits)


def check(store: Store, email: str, password: str, address: str, now: datetime) -> User | None:
    """The person where e-mail and password belong together. A try counts as failed until it has succeeded."""
    accounts.note_try(store, _account(email), False, now)
    found = accounts.find_for_sign_in(store, email)
    user, hash_ = found or (None, None)
    if not matches(password, hash_):
        accounts.note_try(store, _address(address), False, now)
        return None
    accounts.note_try(store, _account(email), True, now + timedelta(microseconds=1))
    return user


def _account(email: str) -> str:
    return hashlib.sha256(f"account {email.strip().casefold()}".encode()).hexdigest()


def _address(address: str) -> str:
    return hashlib.sha256(f"address {address}".encode()).hexdigest()
