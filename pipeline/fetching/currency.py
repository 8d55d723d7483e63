"""Does a source still stand as it was read: drift of its text, and what the registries say of the work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipeline.records import Currency, Drift, Notice, Standing, WhyNot

DAYS = 3  # different days on which an address must be missing before it is called dead
_SHRUNK = 0.2  # of the text that was there; a page that has shrunk to less has become another page


def has_shrunk(old: str, new: str) -> bool:
    """Say whether so little is left that the page is rather an error page with status 200 than a new edition."""
    return len(new) < _SHRUNK * len(old)


def currency(found: Drift | None, notices: Sequence[Notice] | None, *, asked: bool, silent: bool = False) -> Currency:
    """Return where a source stands: the gravest notice first; `asked` is whether there was an address to look at.

    `notices` is None where no registry knows the work; `silent` says that one should have been asked and did not answer.
    What could not be looked at is `unchecked`, never `current`.
    """
    kinds = {notice.kind for notice in notices or ()}
    for kind, value in (("retraction", Currency.RETRACTED), ("concern", Currency.CONCERN)):
        if kind in kinds:
            return value
    if found in {Drift.MOVED, Drift.GONE}:
        return Currency.DRIFTED
    if "correction" in kinds:
        return Currency.CORRECTED
    known = not silent and (found is not None if asked else notices is not None)
    return Currency.CURRENT if known else Currency.UNCHECKED


def why_missing(why: WhyNot | None, today: dt.date, before: Sequence[Standing]) -> WhyNot | None:
    """Return `dead` for an address that was not found on several different days in a row, today among them."""
    if why is not WhyNot.NOT_FOUND:
        return why
    days = {today}
    for look in reversed(before):
        if look.why_not not in {WhyNot.NOT_FOUND, WhyNot.DEAD}:
            if look.why_not is None:
                break
            continue  # a day on which nothing could be seen neither counts nor clears
        days.add(look.checked_at.date())
    return WhyNot.DEAD if len(days) >= DAYS else why
