"""The support model that ships, what it reads, and the contrast set by which the checker is measured."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline.checking import contrast
from pipeline.checking.assess import assess
from pipeline.checking.checker import Checker, checker
from pipeline.checking.passages import prepared
from pipeline.checking.pieces import CLAIM, CLAIM_PIECES, CLAIM_SHARED, PIECES, SIGN, encode
from pipeline.checking.support import Pair, embedded, inputs
from pipeline.cli import app
from pipeline.errors import ConfigError
from pipeline.exports.trust import trust
from pipeline.records import Check, Citations, Evidence, Scope, Verdict
from pipeline.text import sha256

SOURCE = (
    "Choirs met weekly for 12 weeks in two towns. In the trial of 214 adults, group singing reduced loneliness by 34 %. "
    "Singing did not improve lung function. Most choirs are led by volunteers.\n\nCortisol fell after rehearsals, and pain thresholds rose."
)
FLOORS = json.loads((Path(__file__).parent / "contrast_floors.json").read_text(encoding="utf-8"))


@given(st.text(max_size=1200), st.text(max_size=400))
def test_an_input_fits_the_model(passage: str, claim: str) -> None:
    found = encode(passage, claim)
    assert len(found.ids) == len(found.kinds) <= PIECES
    assert found.kinds.count(SIGN) == 3
    said = sum(kind in {CLAIM, CLAIM_SHARED} for kind in found.kinds)
    assert said == len(found.claim) <= CLAIM_PIECES
    assert all(0 <= start <= end <= len(claim) for start, end in found.claim)


@given(st.text(max_size=300), st.text(max_size=80))
def test_what_the_model_reads_stands_in_the_source(text: str, claim: str) -> None:
    source = prepared(text)
    for found in inputs(claim, source):
        if found.first is not None and found.last is not None:
            assert found.text == " ".join(map(source.sentence, range(found.first, found.last)))


def test_answers_come_in_order_and_do_not_depend_on_the_batch() -> None:
    model = embedded()
    pairs = [
        Pair(SOURCE, claim) for claim in ("Singing helps.", "Choirs met every week for twelve weeks in two towns.", "x", "", "Pain rose.")
    ]
    together = model.logits(pairs)
    alone = [model.logits([pair])[0] for pair in pairs]
    assert together == alone


def test_copies_are_likelier_than_their_denials() -> None:
    """Of the sentences of the development half that say what is so, each beside itself with one `not` put in."""
    model, higher = embedded(), []
    for pair in contrast.pairs("development"):
        verb = re.search(r"\b(?:is|are|was|were|has|have|had|can|could|should|may)\b(?! not\b)", pair.claim)
        if pair.kind == "verbatim" and verb:
            place = inputs(pair.claim, prepared(pair.source))[0].text
            denied = f"{pair.claim[: verb.end()]} not{pair.claim[verb.end() :]}"
            sound, false = model.logits([Pair(place, pair.claim), Pair(place, denied)])
            higher.append(sound > false + 2)
    assert len(higher) >= 15
    assert sum(higher) >= 0.9 * len(higher)


def test_the_scale_rises_with_the_log_odds() -> None:
    scale = embedded().calibration
    values = [scale.probability(logit) for logit in (-100.0, -2.0, 0.0, 2.0, 100.0)]
    assert all(a < b for a, b in itertools.pairwise(values))
    assert 0 <= scale.score(-100.0, 0.0) <= scale.score(100.0, 1.0) <= 1
    assert scale.thresholds.low <= scale.thresholds.keep < scale.thresholds.sure


def test_reworded_evidence_is_a_place_of_the_text() -> None:
    for pair in contrast.pairs("development"):
        found = assess(pair.claim, pair.source, support=embedded())
        if found.reason == "reworded":
            assert found.passage
            assert pair.source[found.passage.start : found.passage.end].strip()
            return
    pytest.fail("no reworded claim was settled")


class Both:
    """A support model that wants to read both halves."""

    name = "both"

    def __init__(self) -> None:
        from pipeline.checking.support import Calibration
        from pipeline.checking.verdicts import Thresholds

        self.calibration = Calibration(Thresholds(0.9, 0.5, 0.1))

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        return [9.0 if "two towns" in pair.passage and "volunteers" in pair.passage else -9.0 for pair in pairs]


class Pointing(Both):
    """A support model that is sure wherever one sentence stands."""

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        return [9.0 if "volunteers" in pair.passage else -9.0 for pair in pairs]


def test_the_evidence_of_a_reworded_claim_is_no_longer_than_it_needs_to_be() -> None:
    found = assess("Unpaid people stand in front of the greater part of these groups.", SOURCE, support=Pointing())
    assert found.reason == "reworded"
    assert found.passage
    assert SOURCE[found.passage.start : found.passage.end] == "Most choirs are led by volunteers."


def test_an_article_like_the_seed_is_checked_fast_by_rules() -> None:
    """94 sentences with two citations each, against seven sources of 1,400 words and more, in less than 3 seconds of CPU time."""
    pairs = contrast.pairs("development")
    texts = list(dict.fromkeys(pair.source for pair in pairs))
    sources = ["\n\n".join(texts[5 * at : 5 * at + 5]) for at in range(7)]
    assert min(len(source.split()) for source in sources) >= 1400
    prepared.cache_clear()
    started = time.process_time()
    for index, pair in enumerate(pairs[:94]):
        for source in (sources[index % 7], sources[(index + 3) % 7]):
            assess(pair.claim, source)
    assert time.process_time() - started < 3


def test_unknown_support_models_are_refused() -> None:
    with pytest.raises(ConfigError, match="hf:NAME"):
        checker("something")
    assert checker("none") == Checker()


def made(number: int, text: str) -> Check:
    evidence = Evidence(source_id=f"s{number}", text_sha256=sha256(text), start=0, end=len(text), exact=text)
    verdict = Verdict.PARTIALLY_SUPPORTED
    return Check(number=number, source_id=f"s{number}", scope=Scope.FULL_TEXT, verdict=verdict, reason="part", evidence=evidence)


def test_sources_that_support_only_together() -> None:
    claim = "The singing took place in a pair of towns, under unpaid leaders."
    checks = (made(1, "Choirs met in two towns."), made(2, "Birds fly south."), made(3, "Most choirs are led by volunteers."))
    assert Checker(Both()).together(claim, checks) == (1, 3)
    assert Checker(Both()).together(claim, checks[:2]) == ()


def test_the_contrast_set_is_what_it_says() -> None:
    pairs = contrast.pairs("all")
    assert len(pairs) >= 600
    kinds = Counter(pair.kind for pair in pairs)
    assert set(kinds) == {*contrast.SOUND, *contrast.UNSOUND}
    assert len({pair.claim for pair in pairs}) == len(pairs)
    for pair in pairs:
        assert (pair.gold is Verdict.SUPPORTED) is (pair.kind in contrast.SOUND)
        assert (pair.claim in pair.source) is (pair.kind == "verbatim"), pair.claim
    halves = [{pair.topic for pair in contrast.pairs(half)} for half in contrast.HALVES]
    assert not halves[0] & halves[1]


def test_word_overlap_scores_below_chance_on_it() -> None:
    rows = [(pair, prepared(pair.source).best(pair.claim)) for pair in contrast.pairs("all") if pair.kind != "verbatim"]
    sound = [found.coverage if found else 0 for pair, found in rows if pair.kind in contrast.SOUND]
    unsound = [found.coverage if found else 0 for pair, found in rows if pair.kind not in contrast.SOUND]
    above = sum((a > b) + 0.5 * (a == b) for a in sound for b in unsound) / (len(sound) * len(unsound))
    assert above < 0.4


def test_the_rates_that_ship_are_of_this_checker_and_this_data() -> None:
    found = contrast.known(checker().name)
    assert found, "measure again: sourcemark bench verify --out pipeline/checking/model/rates.json"
    assert found.data_sha256 == sha256(contrast.raw())
    assert found.half == "held_out"


def test_the_floors_on_the_held_out_half() -> None:
    """A change that lowers recall of bad citations or raises false alarms fails, unless the floor is changed with a reason."""
    assert sha256(contrast.raw()) == FLOORS["sha256"]
    by = checker()
    pairs = contrast.pairs("held_out")
    full = contrast.run(by, pairs)
    found = contrast.rates(by, "held_out", full, ())
    assert found.flips_not_supported.share >= FLOORS["flips_not_supported"]
    assert found.bad_not_supported.share >= FLOORS["bad_not_supported"]
    assert found.bad_flagged.share >= FLOORS["bad_flagged"]
    assert found.false_alarms.share <= FLOORS["false_alarms"]
    assert found.sound_contradicted.share <= FLOORS["sound_contradicted"]
    assert found.sound_supported.share >= FLOORS["sound_supported"]
    verbatim = found.by_kind["verbatim"]
    assert verbatim["supported"] == sum(verbatim.values())
    points = contrast.curve(full)
    assert all(a.sound >= b.sound and a.unsound >= b.unsound for a, b in itertools.pairwise(points))


def test_a_judge_that_answers_rightly_settles_more() -> None:
    pairs = contrast.pairs("development")[:75]
    alone = contrast.rates(Checker(), "development", contrast.run(Checker(), pairs), ())
    judged = Checker(judge=contrast.right(pairs))
    helped = contrast.rates(judged, "development", contrast.run(judged, pairs), ())
    assert helped.sound_supported.share > alone.sound_supported.share + 0.3
    assert helped.bad_not_supported.share >= alone.bad_not_supported.share


def test_bench_verify_prints_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = contrast.pairs("development")[:12]
    monkeypatch.setattr(contrast, "pairs", lambda half: few)
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "rates.json"
    result = CliRunner().invoke(app, ["bench", "verify", "--support", "none", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "recall of bad citations" in result.output
    written = contrast.known("sourcemark checker 7", tmp_path)
    assert written
    assert written.pairs == 12
    counted = Citations(sentences=4, supported=2, sentences_open=1, citations=5, precise=2, citations_open=1)
    told = " ".join(trust(counted, written, written.checker, 0))
    judged = trust(counted, written, f"{written.checker}, judge C", 3)
    assert judged[-1].startswith("These figures are of the checker without its judge C, which settled 3 citations here")
    assert "Citation recall 50 to 75 %" in told
    assert "12 written pairs" in told
    out.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"rates\.json"):
        contrast.known("sourcemark checker 7", tmp_path)


def test_an_unmeasured_checker_is_told_as_such() -> None:
    told = trust(Citations(sentences=0, supported=0, sentences_open=0, citations=0, precise=0, citations_open=0), None, "a checker", 0)
    assert "has not been measured" in told[0]
