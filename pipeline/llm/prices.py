"""What models cost: dated prices that ship with the program (`prices.toml`), and those of the workspace's settings."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any, NamedTuple

from pipeline.errors import Misconfigured
from pipeline.ledger.calls import Budgets
from pipeline.records import Usage
from pipeline.settings import OwnPrice, Settings

_PER_TOKEN = 1000  # nano-dollars a token, for one dollar a million tokens
_FROM_INPUT = {"write_5m": Decimal("1.25"), "write_1h": Decimal(2), "read": Decimal(1)}
_BYTES = 2  # of ASCII text in a token at the least; a character beyond ASCII is taken for as many tokens as it has bytes
_WORDY = 3.2  # characters of English prose in a token, for estimates


class Price(NamedTuple):
    """Dollars a million tokens by kind."""

    input: Decimal
    output: Decimal
    write_5m: Decimal
    write_1h: Decimal
    read: Decimal

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Price:
        """Return a price from what is published of it; what the cache costs follows from `input` where it is not said."""
        held = {name: Decimal(str(given[name])) for name in cls._fields if name in given}
        return cls(**{name: held["input"] * factor for name, factor in _FROM_INPUT.items()} | held)

    def nano(self, usage: Usage, share: Decimal = Decimal(1)) -> int:
        """Return what tokens cost in nano-dollars, rounded up; `share` is what a batch pays of it."""
        held: Decimal = sum((getattr(self, name) * getattr(usage, name) for name in self._fields), Decimal(0))
        return math.ceil(held * _PER_TOKEN * share)


class Prices:
    """The prices of one workspace."""

    def __init__(self, own: Mapping[str, OwnPrice] | None = None) -> None:
        """`own` are prices of models by name, as `sourcemark.toml` states them; they come before those that ship."""
        self._own = {model: Price.of(given.model_dump(exclude_none=True)) for model, given in (own or {}).items()}

    def price(self, model: str, prompt: int = 0, day: dt.date | None = None) -> Price | None:
        """Return what a model costs for a prompt of so many tokens on a day, or None where nothing is known."""
        if model in self._own:
            return self._own[model]
        day = day or dt.datetime.now(dt.UTC).date()
        name = re.sub(r"-20\d{6}$", "", model)
        fits = [row for row in _shipped()["price"] if name in row["models"] and row["from"] <= day and prompt <= row.get("up_to", math.inf)]
        # The newest of those that hold; of two with one date, the band that is nearest above the prompt.
        best = min(fits, key=lambda row: (-row["from"].toordinal(), row.get("up_to", math.inf)), default=None)
        return Price.of(best) if best else None

    def cost(self, model: str, usage: Usage, *, batch: bool = False, day: dt.date | None = None) -> int | None:
        """Return what a call cost in nano-dollars, or None where no price of the model is known."""
        price = self.price(model, usage.total - usage.output, day)
        return price.nano(usage, batch_share() if batch else Decimal(1)) if price else None

    def most(self, model: str, sent: str, answer: int, *, batch: bool = False) -> int | None:
        """Return the most that a request can cost: its bytes taken for more tokens than they are, all written to the cache."""
        tokens = bound(sent)
        price = self.price(model, tokens)
        dearest = max(price.input, price.write_1h if batch else price.write_5m) if price else Decimal(0)
        share = batch_share() if batch else Decimal(1)
        return price._replace(input=dearest).nano(Usage(input=tokens, output=answer), share) if price else None


def budgets(settings: Settings) -> Budgets:
    """Return the budgets of the settings in nano-dollars."""
    given = (settings.budget_run, settings.budget_day, settings.budget_article)
    return Budgets(*(None if limit == "none" else int(limit * 1_000_000_000) for limit in given))


def require(settings: Settings, models: set[str]) -> None:
    """Raise Misconfigured where a budget is set and a model has no known price: what cannot be counted cannot be kept to a budget."""
    prices = Prices(settings.prices)
    unknown = sorted(model for model in models if prices.price(model) is None)
    if unknown and budgets(settings):
        raise Misconfigured(
            f"{unknown[0]}: no price is known, so a budget cannot be kept: add [prices.{unknown[0]!r}] with input and output "
            '(dollars a million tokens, 0 for a model of your own) to sourcemark.toml, or set every budget_ to "none"'
        )


def bound(text: str) -> int:
    """Return more tokens than a text can be.

    >>> bound("ab" * 50)
    50
    """
    ascii_only = sum(char < "\x80" for char in text)
    return -(-ascii_only // _BYTES) + len(text.encode("utf-8", "surrogatepass")) - ascii_only


def expected(text: str) -> int:
    """Return about how many tokens a text is."""
    return math.ceil(len(text) / _WORDY)


def batch_share() -> Decimal:
    """Return what a batch pays of every price."""
    return Decimal(str(_shipped()["batch"]))


@functools.cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(files("pipeline.llm").joinpath("prices.toml").read_text(encoding="utf-8"))
