"""What a sentence states that only a source can answer for: a dose, a statistic, a number, a date, a named study, a guideline."""

from __future__ import annotations

import re
from typing import NamedTuple

_UNIT = (
    r"(?:mg|mcg|µg|μg|micrograms?|milligrams?|grams?|g|ml|mL|millilit(?:re|er)s?|IU|units?|mmol|mEq"
    r"|drops|puffs|tablets?|capsules?|lozenges?)"
)
_TIMES = (
    r"(?:daily|a day|per day|every \w+ hours?|once|twice|weekly|nightly|b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|p\.?r\.?n|at night|per kg|/kg|/day)"
)
_DOSE = re.compile(
    rf"\b\d[\d.,]*(?:\s?[–-]\s?\d[\d.,]*)?\s?{_UNIT}\b(?![\w-]*protein)(?:\s?/\s?(?:kg|day|d|h|hour|dose|mL|ml|dL|L))*"
    rf"|\b\w+ (?:tablets?|capsules?|drops|puffs) {_TIMES}",
)
_STATISTIC = re.compile(
    r"\d[\d.,]*\s?(?:%|per ?cent\b|percent\b|percentage points?\b)|\b[pP]\s?[<=>≤≥]\s?0?\.\d+|\b[nN]\s?=\s?\d[\d,]*"
    r"|\b(?:OR|RR|HR|SMD|MD|CI|AUC|NNT|ICC|SD|SE|IQR|d|g|r|r2|R2|R²|β|F|t|χ²|η²)\s?(?:=|of|:)\s?[-−]?\d*[.\d]+|\b95\s?% ?CI\b"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|\d+) (?:in|out of) (?:every )?(?:two|three|four|five|six|seven|eight"
    r"|nine|ten|twenty|a hundred|\d+)\b"
    r"|\b(?:half|a third|one third|two thirds|one[- ]third|two[- ]thirds|a quarter|three quarters"
    r"|three[- ]quarters) of (?:all |the |those |people|patients|adults|\w+s\b)"
    r"|\b\w+[- ](?:times|fold) (?:more|less|higher|lower|greater|as)\b|\b(?:doubled?|halved?|tripled?|trebled?)\b (?:the|in|among)"
)
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = re.compile(
    rf"\b{_MONTH} (?:\d{{1,2}}(?:st|nd|rd|th)?,? )?(?:of )?(?:1[5-9]|20)\d\d\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b"
    rf"|\b{_MONTH} \d{{1,2}}\b"
    r"|(?<![\w.,-])(?:1[5-9]\d\d|20\d\d)(?:s|’s|'s)?\b(?!\s?(?:mg|m|km|kg|g|ml|patients|adults|people|participants|steps|calories|kcal|%))"
    r"|\bthe (?:early |late |mid-)?(?:[12]\d|\d)(?:st|nd|rd|th) century\b|\bin the (?:nineteen)?(?:twenties|thirties|forties"
    r"|fifties|sixties|seventies|eighties|nineties)\b"
)
_DESIGN = (
    r"(?:randomi[sz]ed|controlled|longitudinal|cohort|prospective|double-blind|cross-sectional|pilot|multi-?cent(?:re|er)|landmark"
    r"|seminal|case-control|crossover)"
)
_STUDY = re.compile(
    r"\b[A-Z][\w’'-]+(?:,? (?:and|&) [A-Z][\w’'-]+)?(?:,? et al\.?|(?:,? and colleagues))(?:’s|'s)?|\b[A-Z][\w’'-]+(?: (?:and"
    r"|&) [A-Z][\w’'-]+)? \((?:19|20)\d\d[a-z]?\)"
    r"|\b(?:the |The )?(?:[A-Z][\w*’'-]*[A-Z*]\w*|[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)+) (?:[Tt]rial|[Ss]tudy|[Cc]ohort|[Ss]urvey"
    r"|[Ee]xperiments?|[Pp]roject)\b"
    rf"|\b(?:[Aa]n?|[Oo]ne|[Tt]he|[Tt]wo|[Tt]hree)(?: [\w-]+){{0,2}} {_DESIGN}(?: [\w-]+){{0,3}} (?:trial|study|analysis|experiment)\b"
    r"|\b(?:[Aa]|[Oo]ne|[Tt]he)(?: [\w-]+){0,2} (?:meta-analysis|systematic review|Cochrane review)\b|\bCochrane (?:review|Collaboration)\b"
)
_BODY = (
    r"(?:NICE|WHO|World Health Organi[sz]ation|APA|American (?:\w+ )?(?:Psych\w+|Medical|Heart|Diabetes|College"
    r"|Academy)(?: \w+){0,3}|AHA|ACC|ADA|ESC|SIGN|CDC|FDA|EMA"
    r"|MHRA|NIH|NIMH|USPSTF|CANMAT|AACAP|VA/DoD|Royal College(?: of [A-Z]\w+)?|Cochrane|RANZCP|BAP|ISTSS|NHS)"
)
_GUIDELINE = re.compile(
    rf"\b{_BODY}(?:’s|'s)? (?:\w+ ){{0,3}}(?:guid(?:eline|ance)s?|recommend\w*|advis\w+|approv\w+|criteria|standards?|statement"
    rf"|endors\w+)\b"
    rf"|\b(?:recommended|approved|endorsed|advised|published|issued) by (?:the )?{_BODY}\b"
    r"|\b(?:[Cc]linical |[Tt]reatment |[Pp]ractice |[Nn]ational |[Ii]nternational "
    r"|[Cc]urrent )*[Gg]uidelines?(?: \w+){0,3} (?:recommend|advise|suggest|state|call|list|require|discourage|support"
    r"|endorse)\w*\b"
    r"|\b(?:according to|recommended (?:in|by)|in line with|under|per|following) (?:the )?(?:\w+ ){0,3}[Gg]uidelines?\b"
    r"|\b(?:recommended )?(?:first|second|third)[- ]line (?:treatment|therapy|option|choice|medication)\b|\b(?:DSM-(?:5|IV"
    r"|III)(?:-TR)?|ICD-1[01]) (?:criteria|codes?|diagnos\w+|requires?|lists?)\b"
    r"|\bconsensus (?:statement|guideline|recommendation)s?\b"
)
_COUNT = re.compile(
    r"(?<![\w.,/–-])(?:\d[\d,]*(?:\.\d+)?)(?:\s?(?:[–-]|to)\s?\d[\d,.]*)?(?![\w]|[.,:]\d|-\w*[A-Z])"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety"
    r"|hundreds?|thousands?|millions?)"
    r"[ -](?:of )?(?:\w+ )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|sessions?|patients?|participants?"
    r"|adults?|people|studies|trials|countries|sites|points?)\b"
)
# What is written with a figure and counts nothing.
_NO_COUNT = re.compile(
    r"\b(?:steps?|phases?|stages?|types?|levels?|grades?|tiers?|parts?|chapters?|sections?|figures?|fig\.|tables?|box|items?"
    r"|questions?|numbers?|no\.|"
    r"versions?|axis|factors?|vitamins?|groups?|weeks?|sessions?|days?|modules?|covid|dsm|icd|phq|gad|bdi|hba1c|type|omega|il"
    r"|cd|apollo|route)[ -]?$",
    re.I,
)


class Statement(NamedTuple):
    """Something that is stated: its kind, and the words."""

    kind: str
    """`dose`, `statistic`, `guideline`, `study`, `date` or `number`."""
    text: str


def stated(text: str) -> list[Statement]:
    """Return what a sentence states that needs a source, the weightiest kind first; a question states nothing.

    >>> [str(s.kind) for s in stated("In 2019 the SPRINT trial gave 20 mg daily to half of the patients.")]
    ['dose', 'statistic', 'study', 'date']
    """
    if re.search(r"\?[\"”’)]*\s*$", text):
        return []
    found: list[Statement] = []
    taken: list[tuple[int, int]] = []
    for kind, pattern in (
        ("dose", _DOSE), ("statistic", _STATISTIC), ("guideline", _GUIDELINE), ("study", _STUDY), ("date", _DATE), ("number", _COUNT),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            overlaps = any(low < match.end() and match.start() < high for low, high in taken)
            if not overlaps and not (kind == "number" and _NO_COUNT.search(text[: match.start()])):
                noun = re.match(r"[- ][a-z]+", text[match.end() :]) if kind == "number" and match.group()[-1].isdigit() else None
                found.append(Statement(kind, match.group().strip() + (noun.group() if noun else "")))
                taken.append(match.span())
    return found


_ABOUT = re.compile(
    r"^(?:(?:In|Throughout|For) )?(?:[Tt]his|[Tt]he (?:present|following|next|rest of (?:this|the))|[Tt]hese) "
    r"(?:article|page|section|entry|wiki|overview|guide|chapter|table|figure|list|review|summary|document|text|sections"
    r"|sentences|questions)\b(?P<rest>.*)$"
    r"|^(?:See|Refer to|Compare)(?: also)? (?:the )?(?:section|sections|table|figure|chapter|glossary|list|key terms|sources"
    r"|below|above)\b.*$"
    r"|^(?:Sentences|Claims|Citations|Markers|Sources|Examples|Numbers) (?:in (?:brackets|this article) )?(?:are|is|carry|mark"
    r"|refer|show)\b.*(?:mark|tag|number|list|source|bracket|LLM).*$"
    r"|^(?:What follows|The (?:sections|headings|questions|terms|examples) (?:below|that follow|above))\b.*$",
)
_DOES = re.compile(
    r"\b(?:describes?|explains?|outlines?|covers?|summari[sz]es?|presents?|lists?|is|are|uses?|shows?|gives?|introduces?"
    r"|reviews?|discuss(?:es)?|offers?|collects?|"
    r"sets? out|looks? at|turns? to|focus(?:es)?|draws?|refers?|was|were|has|have|does|do|may|will|can|must|should|we|the term"
    r"|explores?|addresses|contains?|begins?|ends?)\b"
)


def is_about_itself(text: str) -> bool:
    """Say whether a sentence only says something of the article it stands in, which no source can answer for.

    >>> is_about_itself("This section summarises the evidence."), is_about_itself("This section of the brain stores names.")
    (True, False)
    """
    found = _ABOUT.match(text.strip())
    if not found or stated(text):
        return False
    rest = found["rest"]
    return rest is None or bool(
        _DOES.search(rest) and not re.match(r"\s+(?:of|in) (?!(?:this|the) (?:article|page|wiki|guide|book)\b)", rest)
    )


_VERBS = (
    "reduces?|increases?|improves?|causes?|prevents?|works?|helps?|lowers?|raises?|protects?|cures?|treats?|predicts?|leads? to|"
    "outperforms?|beats|"
    "boosts?|worsens?|harms?|saves?|kills?|relieves?|is|are|was|were|has|have|does|do|can|cannot|will|fails?|matters?|drives?|explains?|shows?|makes?|"
    "needs?|gives?|depends? on|supports|affects?|strengthens?|weakens?|buffers?|shapes?|builds|grows|falls|rises|heals?"
)
_CLAIM = re.compile(rf"^[^?]*\b[\w’'-]+ (?:{_VERBS})\b(?! ?[?:])[^?]*\w", re.I)
_ASKS = re.compile(r"^(?:\d[\d.]*\s+)?(?:how|what|why|when|where|who|whom|whose|which|if|whether|does|do|is|are|can|should)\b", re.I)


def claims(heading: str) -> bool:
    """Say whether a heading states something, where it should name a subject.

    >>> claims("Singing reduces loneliness"), claims("Does singing help?"), claims("Evidence Base")
    (True, False, False)
    """
    text = re.sub(r"^\d{1,2}(?:\.\d{1,2})*[.)]?\s+", "", heading.strip())
    if _ASKS.match(text) or text.endswith("?") or len(text.split()) < 3:
        return False
    if re.search(r"[a-z]{2}[.!]$", text) or any(item.kind in {"dose", "statistic"} for item in stated(text)):
        return True
    return bool(_CLAIM.match(text))
