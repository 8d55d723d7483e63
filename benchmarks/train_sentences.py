"""Train the sentence boundary model and write pipeline/markup/boundaries.json.

usage: python benchmarks/train_sentences.py DATA_DIR [--check]    DATA_DIR holds ewt_train.jsonl and craft_train.jsonl

needs: pip install scikit-learn

The text is UD English-EWT (CC BY-SA 4.0) and CRAFT (CC BY 3.0); one JSON object a line with `text` and gold `spans`. Abbreviations that
this text lacks are put into its own sentences from the templates below: at an end, where the next sentence is a real one, and in the
middle, where a name, a number or a small word follows. The digest of the training data is kept in the
file; `--check` says whether the shipped weights are of this data.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.markup.cues import Lexicon, bare, features, left_of, stops

OUT = Path(__file__).parent.parent / "pipeline" / "markup" / "boundaries.json"
FILES = ("ewt_train.jsonl", "craft_train.jsonl")
FOLDS = 5
PENALTY = 0.3  # inverse strength of the L2 penalty
LEAST = 3  # times a feature is seen
START_SHARE = 0.3
HALF = 0.5
DOUBLED = 0.3
MADE = 0.35  # weight of a made example against a real one

# What a sentence may end in although its last stop belongs to an abbreviation, by kind.
ENDS = """
vitamin B|vitamin D|vitamin K|hepatitis C|hepatitis B|factor V|factor VIII|type I|type II|group A|group B|arm B|arm C|class C|grade II|
schedule A|plan B|option C|protein S|protein C|category D|panel A|influenza A|influenza B|stage IV|phase II|phase 3|phase 2|stage 3|
grade 4|type 2|group 1|table 4|figure 2|chapter 7|version 2|level 3|Henry VIII|Elizabeth II|Louis XIV|World War II|the U.S|the U.K|
the U.S.A|the E.U|Washington, D.C|the U.N|8 a.m|5 p.m|6 P.M|11 A.M|10:30 a.m|2 pm|400 B.C|Smith Inc|Acme Corp|Brown & Co|Hill Ltd|
Jones Jr|Sammy Davis Jr|John Smith, Ph.D|Ann Lee, M.D|a Ph.D|an M.A|her B.A|food, sleep, etc|tea, coffee, etc|Miller et al|
by Jones et al|twice daily, b.i.d|5 mg b.i.d|500 mg q.i.d|10 mg p.o|2 mg i.v|625 mg t.d.s|as needed, p.r.n|given i.m|given s.c|1 g q.d|
7 d|6 wk|12 wks|3 mo|6 mos|2 hrs|48 h|30 min|20 mins|45 sec|5 mg|20 kg|500 ml|3 cm|10 yrs|5 ft|120 lbs|80 bpm|37 °C|37°C|Bacillus sp|
Candida spp|in Jan|on Mon|by Dec|last Sept|Fifth Ave|Main St|Sunset Blvd|Elm Rd|see note 5|aged 5|in 2012|was 3|to 63|of 12|by 40|
from 7|by 3.5|at 0.05|you and I|he and I|than I|gene p53|with IL-6|on TNF-α|the mTOR|of CO2|with H2O|for COVID-19|of HbA1c
""".replace("\n", "").split("|")

LABELS = (
    "p. pp. Fig. Figs. fig. Sec. Ch. Vol. No. no. Art. Eq. Ref. Tab. vol. ch. Suppl. para. Cl. Reg. "
    "Jan. Feb. Mar. Apr. Aug. Sept. Oct. Nov. Dec."
).split()
"""Abbreviations that a number follows; the sentence may end after the number."""
LETTERED = "at E|key of C|A and B|line D|point P|from A to B|to F|between X and Y|toxin A|node N|side B".split("|")

# What may stand within a sentence, before its rest.
MIDDLES = """
approx. 20 mg|approx. 5|approx. half|ca. 30|ca. 1900|c. 1850|cf. Smith|cf. the|e.g. walking|e.g. Prozac|e.g. the|i.e. the|i.e. London|
viz. the|vs. placebo|vs. Control|vs. CBT|vs. Groups|vs. Standard Care|vs. They|vs. Usual|cf. Table|cf. Section|e.g. Patients|i.e. Group|
e.g. In|e.g. Figure|viz. Two|ca. Two|approx. Three|esp. Patients|incl. Table|v. State|No. 5|no. 12|Nos. 3|N°. 7|Art. 5|art. 12|p. 47|
pp. 12|sec. 3|Sec. 3.2|Ch. 4|ch. 9|vol. 12|Vol. 3|Fig. 3|fig. 2A|Figs. 1|Tab. 2|Eq. 4|eqs. 2|ref. 14|refs. 3|para. 6|Suppl. 2|
Suppl. Table 2|Suppl. Fig. 7|Suppl. File 1|Supp. Data|App. B|App. Table 3|subpara. 2|para. 4 of|Fed. R. Civ. P. 12|Pub. L. No. 104|
Reg. No. 5|42 U.S.C. § 1983|95% C.I. 0.5|95% C.I. of|J.R. Cole|P.Q. Smith and|A.B. Hill|C.I. values|vs. A|var. Bristol|incl. part-time|
incl. Table|i.v. q12h|4 deg. C and|P.M. EST|a.m. GMT|F.D.A. Commissioner|W.H.O. Director|Table S. 1|Dr. Smith|Dr. Ann Lee|Mr. Brown|
Mrs. Hill|Ms. Cole|Prof. Jung|Rev. King|Gov. Lee|Sen. Cole|Gen. Grant|Capt. Hook|Lt. Col. Ray|St. Louis|St. Mary’s|Mt. Sinai|Ft. Worth|
J. Smith|J. R. Smith|A. B. Cole|S. A. Haslam|C. Haslam, S. A. Haslam|Haslam, S. A., Cruwys, T., et al. (2017)|Robert F. Kennedy|
Albert I. Jones|Mary I. Hill|Anna B. Cole and|George W. Bush|Harry S. Truman|Smith et al. (2019)|Jones et al. 2012|Miller et al. Lancet|
Cole et al. showed|Brown et al. [12]|Lee et al., who|S. aureus|E. coli|C. difficile|C. elegans|H. pylori|D. melanogaster|
Bacillus sp. nov.|Candida spp. and|subsp. typhi|var. alba|U.S. Senate|U.S. Army|U.K. Government|U.S. and|E.U. law|U.N. Charter|
D.C. Circuit|U.S. Department|U.S. Patent|5 p.m. Monday|8 a.m. and|9 a.m. Eastern|6 P.M. on|5 p.m. in|400 B.C. and|Acme Inc. and|
Acme Corp. Ltd.|Brown & Co. KG|Jones Jr. and|Ph.D. Program|Ph.D. students|M.D. Anderson|M.A. in|B.Sc. and|Apple Inc. CEO|tea, etc. and|
drugs, etc. (see|sleep, etc., in|10 mg b.i.d. with|500 mg q.i.d. for|p.o. or|i.v. bolus|i.m. injection|t.d.s. for|p.r.n. and|5 mg. of|
7 d. of|12 wk. of|6 mo. later|30 min. and|45 sec. of|2 hr. at|20 kg. of|Jan. 5|Feb. 12, 2019|Sept. 11|Dec. 2012|Mon. through|Oct. 3|
Eur. J. Soc. Psychol.|J. Clin. Psychiatry|Am. J. Psychiatry|Proc. Natl. Acad. Sci.|Br. Med. J.|Ann. Intern. Med.|J. Am. Coll. Cardiol.|
p < .05|p = .03|r = .41|P<.001|version 2.1|gpt.py or|example.com and|Node.js and|the .txt file|Fifth Ave. and|Main St. in|
Sunset Blvd. Hotel|(ed. Smith)|(eds. Cole & Ray)|trans. Hill|2nd ed. of|pt. reports|hx. of|Rx. for|dx. of|Yahoo! Mail|Yahoo! and|
Jeopardy! host|Who? magazine
""".replace("\n", "").split("|")

HEADS = (
    "Step 1. |Step 2. |Step 3. |1. |2. |12. |a. |b. |A. |B. |iv. |II. |3.2. |1.1. |4.1.2. |Part 1. |Phase 2. |Week 3. |Day 1. |Session 4. "
    "|Module 2. |Q1. |No. 4. |(1) |(a) |i. "
).split("|")
HELD = (
    " (it stood by the ford. It burned twice.)| (she was late. Nobody minded.)| (see Fig. 2. Data not shown.)"
    "| (“Who goes there?” he cried.)| (was it Rome? Paris?)"
).split("|")
NAMES = frozenset("Smith Cole Lee Brown Hill Jones Miller Haslam Truman Kennedy Moreau".split())
TRAILS = " (Smith 55).| (Cole, 2012).| (see Table 2).| (p. 47).| (Brown & Hill, 2019, p. 5).| [sic].| (emphasis added).".split("|")
CLOCKS = "At 5 a.m. |By 9 p.m. |In the U.S. |Around 6 P.M. |In the U.K. |On Jan. 5, |By Dec. ".split("|")
NAMED = 9  # of the starts below begin with a name
STARTS = """
Mr. Smith agreed with this.|Dr. Cole left early.|Mrs. Hill went home.|Prof. Jung wrote it.|St. Louis was next.|J. Smith wrote this.|
E. coli grew well.|S. aureus was found.|C. Haslam led the work.|Fig. 3 shows the rest.|No. 5 was lost.|U.S. law differs.|
2012 saw more trials.|12 patients left.|3 groups met weekly.|p53 levels rose.|mTOR was blocked.|eGFR fell.|mRNA was lower.|
iPhone users differed.|α-Synuclein rose.|β-blockers were held.|INR stayed at 2.5.|ACE inhibitors were held.|IL-6 rose.|CBT helped most.|
WHO agreed.|“No,” she said.|“It helps,” he wrote.|(See the appendix.)|(This was small.)|Élan vital is old.|Über was next.|
IV fluids were given.|Recheck it in spring.|Screening followed.|Hold the dose.|Avoid grapefruit juice.|Repeat weekly.|Titrate slowly.|
Consider a referral.|Monitor closely.|Ask about sleep.|Results were mixed.|Adults gained most.|Women did better.|
Children were left out.|Trials are few.|Loneliness fell.|Sleep improved.|Groups met weekly.
""".replace("\n", "").split("|")


class Row(NamedTuple):
    """One block, its gold sentence starts, and the weight of its stops."""

    text: str
    starts: frozenset[int]
    weight: float


def load(folder: Path) -> list[Row]:
    """Read the training blocks."""
    rows = []
    for name in FILES:
        for line in (folder / name).open(encoding="utf-8"):
            row = json.loads(line)
            rows.append(Row(row["text"], frozenset(start for start, _ in row["spans"]), 1.0))
    return rows


def made(rows: Sequence[Row], random_: random.Random) -> list[Row]:
    """Return blocks of two sentences with an abbreviation put at the end of the first, or into it, or an enumerator before it."""
    pairs = [pair for row in rows for pair in _pairs(row)]
    found = []
    common, names = _vocabulary(rows)
    numbered = [f"in {label} {random_.randrange(1, 120)}" for label in LABELS * 2]
    for ending in [*ENDS, *numbered, *LETTERED] * 12:
        first, second = random_.choice(pairs)
        if random_.random() < HALF:
            second = f"{random_.choice(common).capitalize()} {second.partition(' ')[2]}"
        words = first[:-1].split()
        stop = ".. " if "." in ending and random_.random() < DOUBLED else ". "
        text = f"{' '.join(words[: max(2, random_.randrange(2, len(words)))])} {ending}{stop}"
        begin = random_.choice(STARTS) if random_.random() < START_SHARE else second
        found.append(Row(text + begin, frozenset({0, len(text)}), MADE))
    for start in STARTS * 12:
        first, _ = random_.choice(pairs)
        found.append(Row(f"{first} {start}", frozenset({0, len(first) + 1}), MADE))
    for middle in MIDDLES * 12:
        first, second = random_.choice(pairs)
        middle = " ".join(random_.choice(names) if word in NAMES and random_.random() < HALF else word for word in middle.split())
        places = [at for at in range(1, len(first) - 1) if first[at] == " " and first[at + 1].islower() and first[at - 1].isalpha()]
        at = random_.choice(places) if places else 0
        head = first[:at] + f" {middle}" if at else middle
        text = f"{head.strip()}{first[at:] if at else ' ' + first[0].lower() + first[1:]} "
        found.append(Row(text + second, frozenset({0, len(text)}), MADE))
    for held in HELD * 25:
        first, second = random_.choice(pairs)
        words = first.split()
        at = random_.randrange(1, len(words) - 1)
        text = f"{' '.join(words[:at])}{held} {' '.join(words[at:])} "
        found.append(Row(text + second, frozenset({0, len(text)}), MADE))
    for trail in TRAILS * 25:
        first, second = random_.choice(pairs)
        text = f"“{first}”{trail} " if random_.random() < HALF else f'{first.split()[0]} wrote "{first}"{trail} '
        found.append(Row(text + second, frozenset({0, len(text)}), MADE))
    for head in CLOCKS * 10:
        _, second = random_.choice(pairs)
        start = random_.choice(STARTS[:NAMED])
        found.append(Row(f"{head}{start} {second}", frozenset({0, len(head) + len(start) + 1}), MADE))
        text = f"{' '.join(second.rstrip('.').split()[:8])} {head.strip().rstrip(',')} "
        found.append(Row(text + start, frozenset({0, len(text)} if text[-2] == "." else {0}), MADE))
    for head in HEADS * 25:
        first, second = random_.choice(pairs)
        found.append(Row(f"{head}{first} {second}", frozenset({0, len(head) + len(first) + 1}), MADE))
    return found


def _vocabulary(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Return words that are written small, and words that are written large within sentences."""
    small: Counter[str] = Counter()
    large: Counter[str] = Counter()
    for row in rows:
        for first, second in itertools.pairwise(row.text.split()):
            if second.isalpha() and len(second) > 2 and first[-1].isalpha():
                (small if second.islower() else large)[second] += second.islower() or (second.istitle() and first.islower())
    common = [word for word, count in sorted(small.items()) if count > 2]
    return common, [word for word, count in sorted(large.items()) if count > 1 and small[word.lower()] == 0]


def _pairs(row: Row) -> list[tuple[str, str]]:
    starts = [*sorted(row.starts), len(row.text)]
    sentences = [row.text[low:high].strip() for low, high in itertools.pairwise(starts)]
    return [
        (first, second)
        for first, second in itertools.pairwise(sentences)
        if first.endswith(".") and first[-2:-1].islower() and len(first.split()) > 5 and first.count(".") == 1 and second[:1].isupper()
        and len(second.split()) > 2
    ]  # fmt: skip


def lexicon(rows: Iterable[Row]) -> Lexicon:
    """Count what the text says of words; see `Lexicon`."""
    endings: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    begins: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    low: Counter[str] = Counter()
    high: Counter[str] = Counter()
    for row in rows:
        at = 0
        for piece in row.text.split():
            at = row.text.index(piece, at)
            core = piece.strip("\"'“”‘’()[]{},.;:?!*_-–—").split("’")[0].split("'")[0]
            if core:
                (low if core.islower() else high)[core.lower()] += 1
                if core[0].isupper():
                    begins[core.lower()][at in row.starts] += 1
            at += len(piece)
        for stop in stops(row.text):
            if row.text[stop.at] == ".":
                endings[bare(left_of(row.text, stop.at).word.lower())][stop.next in row.starts] += 1
    return Lexicon(
        {word: _share(n) for word, n in sorted(endings.items()) if sum(n) >= 3 and n[0] and len(word) < 8},
        {word: _share(n) for word, n in sorted(begins.items()) if sum(n) >= 4},
        {word: _case(low[word], high[word]) for word in sorted(low.keys() | high.keys()) if low[word] + high[word] >= 9},
    )


def _share(counts: Sequence[int]) -> int:
    share = counts[1] / sum(counts)
    return sum(share >= limit for limit in (0.03, 0.25, 0.75, 0.97))


def _case(low: int, high: int) -> int:
    return min(3, int(math.log10(1 + low + high))) * (1 if low >= 0.2 * high else -1)


def fit(rows: Sequence[Row], made_rows: Sequence[Row]) -> dict[str, Any]:
    """Return the model: features of each fold are seen through the lexicon of the others, so that counts are not trusted too much."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    seen: list[dict[str, int]] = []
    ends: list[bool] = []
    weights: list[float] = []
    for fold in range(FOLDS):
        held = lexicon(row for index, row in enumerate(rows) if index % FOLDS != fold)
        for row in [*rows[fold::FOLDS], *made_rows[fold::FOLDS]]:
            for stop in stops(row.text):
                seen.append(dict.fromkeys(features(row.text, stop, held), 1))
                ends.append(stop.next in row.starts)
                weights.append(row.weight)
    vectors = DictVectorizer()
    matrix = vectors.fit_transform(seen)
    often = matrix.getnnz(axis=0) >= LEAST
    trained = LogisticRegression(C=PENALTY, max_iter=500, solver="liblinear").fit(matrix[:, often], ends, sample_weight=weights)
    names = [name for name, kept in zip(vectors.feature_names_, often, strict=True) if kept]
    shipped = lexicon(rows)
    return {
        "bias": round(float(trained.intercept_[0]), 2),
        "weights": {name: round(float(w), 2) for name, w in zip(names, trained.coef_[0], strict=True) if abs(w) >= 0.02},
        "endings": shipped.endings,
        "starts": shipped.starts,
        "cases": shipped.cases,
    }


def digest(folder: Path) -> str:
    """Return the sha256 of the training files."""
    whole = hashlib.sha256()
    for name in FILES:
        whole.update((folder / name).read_bytes())
    return whole.hexdigest()


def told() -> str:
    """Return the digest of the data that the shipped weights say they were made from."""
    return str(json.loads(OUT.read_text(encoding="utf-8"))["data_sha256"])


def main() -> None:
    """Train, or check the digest."""
    if len(sys.argv) < 2 or "--help" in sys.argv:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    if "--check" in sys.argv:
        sys.exit(0 if told() == digest(folder) else f"{OUT.name}: trained on other data: {told()}")
    rows = load(folder)
    trained = {"data_sha256": digest(folder), **fit(rows, made(rows, random.Random(7)))}
    text = json.dumps(trained, ensure_ascii=False, separators=(",", ":")).replace('},"', '},\n"')
    OUT.write_text(text + "\n", encoding="utf-8")
    print(f"{OUT.name}: {len(trained['weights'])} weights, {len(text) // 1000} kB")


if __name__ == "__main__":
    main()
