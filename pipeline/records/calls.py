"""What was asked of a model's service, and what it cost. Money is counted in nano-dollars: whole numbers add up to the cent."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pipeline.records.base import Record

NANO = 1_000_000_000  # nano-dollars in a dollar


class Usage(Record):
    """Tokens of one call by kind; `input` is what was neither written to the cache nor read from it."""

    input: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    output: int = 0

    @property
    def total(self) -> int:
        """Return all tokens."""
        return self.input + self.write_5m + self.write_1h + self.read + self.output

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in Usage.model_fields})


class CallState(StrEnum):
    """What became of a call."""

    BEGUN = "begun"
    """Sent, and nothing heard yet: it counts at the most that it could cost."""
    ANSWERED = "answered"
    """A whole answer is recorded; the same request is never bought again."""
    CUT = "cut"
    """An answer began and did not end: what came is kept, and paid for."""
    FAILED = "failed"
    """No answer, no cost."""


class Call(Record):
    """One attempt at one request."""

    id: int
    run: int
    slug: str
    stage: str
    purpose: str
    model: str
    attempt: int
    batch: str = ""
    begun_at: dt.datetime
    state: CallState
    request_id: str = ""
    note: str = ""
    """Why it ended, for one that was not answered."""
    usage: Usage = Usage()
    nano: int | None = None
    """Cost in nano-dollars; None where no price of the model is known. For a call that is only begun, the most it could cost."""


def dollars(nano: int | None) -> str:
    """Return an amount as people read it, to the hundredth of a cent.

    >>> dollars(1_234_567_890)
    '$1.2346'
    """
    return "unknown" if nano is None else f"${nano / NANO:,.4f}"
