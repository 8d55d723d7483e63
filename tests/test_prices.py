"""What calls cost: dated prices, bands, the cache, batches, and whole numbers that add up."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Misconfigured
from pipeline.llm.prices import Price, Prices, bound, budgets, require
from pipeline.llm.requests import usage
from pipeline.records import NANO, Usage, dollars
from pipeline.settings import OwnPrice, Settings

MILLION = 1_000_000
COUNTS = st.integers(0, 400_000)
USAGES = st.builds(Usage, input=COUNTS, write_5m=COUNTS, write_1h=COUNTS, read=COUNTS, output=COUNTS)


@pytest.mark.parametrize(
    ("model", "spent", "batch", "cost"),
    [
        ("claude-sonnet-5-5", Usage(input=MILLION), False, "2"),
        ("claude-sonnet-5-5", Usage(output=MILLION), False, "10"),
        ("claude-sonnet-5-5", Usage(write_5m=MILLION), False, "2.5"),
        ("claude-sonnet-5-5", Usage(write_1h=MILLION), False, "4"),
        ("claude-sonnet-5-5", Usage(read=MILLION), False, "0.1"),
        ("claude-sonnet-5-5", Usage(input=MILLION, output=MILLION), True, "6"),
        ("claude-haiku-5-5", Usage(input=100_000), False, "0.01"),
        ("claude-haiku-5-5", Usage(input=100_001), False, "0.0500005"),
        ("claude-haiku-5-5", Usage(input=60_000, read=50_000), False, "0.0325"),
        ("claude-haiku-4-5-20251001", Usage(input=MILLION), False, "1"),
        ("claude-opus-5-5", Usage(write_5m=MILLION), False, "5"),
    ],
)
def test_published_prices(model: str, spent: Usage, batch: bool, cost: str) -> None:
    found = Prices().cost(model, spent, batch=batch, day=dt.date(2026, 11, 26))
    assert found is not None
    assert Decimal(found) / NANO == Decimal(cost)


def test_a_price_holds_from_its_day() -> None:
    costs = [Prices().cost("claude-sonnet-5-5", Usage(read=MILLION), day=dt.date(2026, 10, day)) for day in (6, 7)]
    assert costs == [NANO // 5, NANO // 10]
    assert Prices().price("claude-sonnet-5-5", day=dt.date(2020, 1, 1)) is None


def test_judging_two_hundred_sentences_costs_what_the_worked_example_says() -> None:
    single = Prices().cost("claude-haiku-5-5", Usage(input=1800, output=200), day=dt.date(2026, 11, 26))
    assert single
    assert dollars(200 * single) == "$0.0560"


@given(st.lists(USAGES, max_size=8))
def test_sums_of_costs_are_the_costs_of_sums_within_one_band(spent: list[Usage]) -> None:
    price = Price.of({"input": "2", "output": "10", "write_5m": "2.5", "write_1h": "4", "read": "0.1"})
    assert sum(price.nano(item) for item in spent) == price.nano(sum(spent, Usage()))


@given(USAGES, st.sampled_from(["claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5"]))
def test_a_batch_costs_half_rounded_up(spent: Usage, model: str) -> None:
    full, half = Prices().cost(model, spent), Prices().cost(model, spent, batch=True)
    assert full is not None
    assert half == -(-full // 2)


@given(st.text(max_size=400))
def test_no_text_has_more_tokens_than_its_bound(text: str) -> None:
    assert len(text.encode("utf-8", "surrogatepass")) / 2 <= bound(text) <= len(text.encode("utf-8", "surrogatepass")) + 1


def test_a_workspace_states_its_own_prices() -> None:
    prices = Prices(
        {"mine": OwnPrice(input=Decimal(1), output=Decimal(2)), "claude-haiku-5-5": OwnPrice(input=Decimal(9), output=Decimal(9))}
    )
    assert prices.cost("mine", Usage(input=MILLION, output=MILLION, read=MILLION)) == 4 * NANO
    assert prices.cost("claude-haiku-5-5", Usage(input=MILLION)) == 9 * NANO


def test_an_unknown_model_refuses_a_budgeted_run_and_runs_without_one() -> None:
    with pytest.raises(Misconfigured, match=r"\[prices\.'llama'\]"):
        require(Settings(), {"llama", "claude-haiku-5-5"})
    require(Settings(budget_run="none"), {"llama"})
    require(Settings(prices={"llama": OwnPrice(input=Decimal(0), output=Decimal(0))}), {"llama"})
    assert Prices().cost("llama", Usage(input=5)) is None
    assert dollars(None) == "unknown"


def test_budgets_are_counted_in_nano_dollars() -> None:
    assert budgets(Settings(budget_run=Decimal("0.25"), budget_day="none", budget_article=Decimal(3))) == (NANO // 4, None, 3 * NANO)
    assert not budgets(Settings(budget_run="none"))


@given(st.dictionaries(st.sampled_from(["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
                                        "cache_creation"]),
                       st.one_of(st.integers(-5, 10**9), st.none(), st.text(max_size=3))))  # fmt: skip
def test_strange_usage_is_read_as_far_as_it_goes(told: dict[str, object]) -> None:
    if isinstance(told.get("cache_creation"), dict | None):
        assert usage(told).total >= 0
