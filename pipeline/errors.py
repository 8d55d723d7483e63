"""Every error that the program raises on purpose, with its exit code.

SourcemarkError                 4   anything of ours that has no class below
├── UsageError                  2   the command or its arguments are wrong
├── ConfigError                 3   a settings, article or sources file is wrong (file, line, field)
├── SourceError                 5   a source cannot be read as declared
│   └── OutsideWorkspace        5   a path leaves the workspace
├── LedgerError                 6   the ledger is missing, damaged or would be changed where it is immutable
│   └── NotFound                6   no such article or version
├── LockedError                 7   another run holds this article
├── GateError                   1   findings at or above the gate: nothing was published
├── ModelError                  8   the model's service gave no answer that holds
│   ├── Transient               8   overloaded, rate-limited, cut off: the same call may work later
│   ├── InvalidAnswer           8   a whole answer that breaks the rules of its request
│   ├── Refused                 8   the model declined
│   ├── Misconfigured           8   key, model, address or request is wrong: the same call will fail again
│   └── OverBudget              10  the next call could spend more than the budget allows
└── Unavailable                 9   an optional part is not installed or not set up
"""

from __future__ import annotations


class SourcemarkError(Exception):
    """Base of all errors that reach the user as one line."""

    exit_code = 4


class UsageError(SourcemarkError):
    """The command or its arguments are wrong."""

    exit_code = 2


class ConfigError(SourcemarkError):
    """A settings, article or sources file is wrong; the text names file, line and field."""

    exit_code = 3


class SourceError(SourcemarkError):
    """A source cannot be read as declared: missing, empty, truncated, too large, of another format."""

    exit_code = 5


class OutsideWorkspace(SourceError):
    """A local path points outside the folder of its article."""


class LedgerError(SourcemarkError):
    """The ledger is missing, damaged, or a write would change what is immutable."""

    exit_code = 6


class NotFound(LedgerError):
    """No such article, version or snapshot in the ledger."""


class LockedError(SourcemarkError):
    """Another process is working on this article."""

    exit_code = 7


class GateError(SourcemarkError):
    """Findings at or above the gate: the draft is kept, nothing is published."""

    exit_code = 1


class ModelError(SourcemarkError):
    """The model's service gave no answer that holds; the text names the request and what to do."""

    exit_code = 8


class Transient(ModelError):
    """Overloaded, rate-limited or cut off: the same call may work later."""

    def __init__(self, text: str, after: float | None = None, tries: int | None = None) -> None:
        super().__init__(text)
        self.after, self.tries = after, tries
        """Seconds that the service asks to wait, and after how many tries no more is hoped for; None where only the deadline counts."""


class InvalidAnswer(ModelError):
    """A whole answer that breaks the rules of its request."""


class Refused(ModelError):
    """The model declined to answer."""


class Misconfigured(ModelError):
    """Key, model, address or request is wrong: the same call will fail again."""


class OverBudget(ModelError):
    """The next call could spend more than a budget allows; it was not made."""

    exit_code = 10


class Unavailable(SourcemarkError):
    """An optional part is not installed or not set up; the text says how to get it."""

    exit_code = 9
