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
_FIGURE = r"\d[\d.,]*"
_DOSE = re.compile(
    rf"\b{_FIGURE}(?:\s?(?:[–-]|to|and|or)\s?{_FIGURE})?\s?{_UNIT}\b(?!\s?/\s?(?:[dm]?[Ll]|litre|liter)\b)(?:\s?/\s?(?:kg|day|d"
    rf"|h|hour|dose))*"
    rf"|\b\w+ (?:tablets?|capsules?|drops|puffs) {_TIMES}",
)
_SMALL = r"(?:one|two|three|four|five|six|seven|eight|nine|\d+)"
_SHARE = r"(?:half|(?:a|one|two|three)[- ](?:third|quarter|fifth)s?)"
_STATISTIC = re.compile(
    r"\d[\d.,]*\s?(?:%|per ?cent\b|percentage points?\b)|\b[pP]\s?[<=>≤≥]\s?0?\.\d+|\b[nN]\s?=\s?\d[\d,]*"
    r"|\b(?:OR|RR|HR|SMD|MD|CI|AUC|NNT|ICC|SD|SE|IQR|d|g|r|r2|R2|R²|β|F|t|χ²|η²)\s?(?:=|of|:)\s?[-−]?\d*[.\d]+|\b95\s?% ?CI\b"
    r"|\b(?:ratio|correlation|coefficient|difference|effect size|kappa|alpha|beta|prevalence|incidence|score|odds)s?(?: [\w-]+){0,4}?"
    r" (?:of|was|is|were|at|=)(?: about| roughly| only)? [-−]?(?:0?\.\d+|\d+\.\d+)"
    r"|\b\d[\d.,]* (?:per|in|out of) (?:every )?\d[\d,]{2,}"
    rf"|\b(?i:{_SMALL}) (?:in|out of) (?:every )?(?:two|three|four|five|six|seven|eight|nine|ten|twenty|a hundred"
    rf"|\d+)\b(?! (?:days|weeks|years))"
    rf"|\b(?i:{_SHARE}) of (?:all |the |those |them\b|people|patients|adults|\w+s\b)|\b(?i:{_SHARE}) (?:as many|as often|more|less|fewer)\b"
    r"|\b\w+[- ]times (?:more|less|higher|lower|greater|as|likelier)\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|\d+)[- ]?fold\b"
    r"|\btwice as \w+|\b(?:doubled?s?|halve[ds]?|tripled?s?|trebled?s?)\b (?:the|in|among|over|since|their|its|between|by|after)"
)
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_THINGS = r"(?:mg|m|km|kg|g|ml|patients|adults|people|participants|steps|calories|kcal|%)"
_DATE = re.compile(
    rf"\b{_MONTH} (?:\d{{1,2}}(?:st|nd|rd|th)?,? )?(?:of )?(?:1[5-9]|20)\d\d\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b"
    rf"|\b{_MONTH} \d{{1,2}}\b"
    rf"|(?:(?<![\w.,-])|(?<=mid-)|(?<=early-)|(?<=late-))(?:1[5-9]\d\d|20\d\d)(?:s|’s|'s)?\b(?!\s?{_THINGS}(?!\w))"
    r"|\bthe (?:early |late |mid-)?(?:[12]\d|\d|nine|eigh|seven|six|twen)(?:st|nd|rd|th|teenth|tieth) century\b"
    r"|\b(?:nine|eigh|seven|six)teenth[- ]century\b|\btwent(?:ieth|y-first)[- ]century\b"
    r"|\bin the (?:early |late |mid-)?(?:nineteen[- ]?)?(?:twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties)\b"
    rf"|\b(?:in|since|until|by|from|of|last|early|late|during) {_MONTH}\b"
)
_DESIGN = (
    r"(?:randomi[sz]ed|controlled|longitudinal|cohort|prospective|double-blind|cross-sectional|pilot|multi-?cent(?:re|er)|landmark"
    r"|seminal|case-control|crossover|qualitative|register|registry|twin|laboratory|field|feasibility|open-label|observational)"
)
_KIND = r"(?:trial|study|survey|experiment|analysis|meta-analysis|systematic review|scoping review|Cochrane review|cohort|project)"
_REPORTS = (
    r"(?:found|showed|shows|reported|reports|linked|described|describes|followed|compared|observed|concluded|concludes"
    r"|suggested|suggests|gave|failed"
    r"|warned?|tracked|asked|tested|interviewed|recruited|randomi[sz]ed|enrolled|pooled|measured|noted|identified|estimated"
    r"|confirmed|examined|traced"
    r"|argued|argue|proposed|developed|analysed|analyzed|reviewed|saw|counted|taught|invited|assigned|published|demonstrated"
    r"|changed|revealed)"
)
_NAME = r"[A-Z][\w’'-]*[a-z][\w’'-]*"
_STUDY = re.compile(
    rf"\b{_NAME}(?:,? (?:and|&) {_NAME})?(?:,? et al\.?|(?:,? and (?:her |his |their )?colleagues))(?:’s|'s)?"
    rf"|\b{_NAME}(?: (?:and|&) {_NAME})? \((?:19|20)\d\d[a-z]?\)"
    rf"|\({_NAME}(?:(?:,? (?:and|&)|,) {_NAME})*(?: et al\.?)?,? (?:19|20)\d\d[a-z]?\)"
    rf"|\b{_NAME} (?:and|&) {_NAME} {_REPORTS}\b|\b{_NAME}(?:’s|'s) (?:team|group|lab|laboratory|study|trial|experiments?"
    rf"|survey|work) (?:\w+ ){{0,3}}?{_REPORTS}\b"
    rf"|\b(?:the |The )?(?:[A-Z][\w*’'-]*[A-Z*]\w*|{_NAME}(?: {_NAME})+) (?:[Tt]rial|[Ss]tudy|[Cc]ohort|[Ss]urvey"
    rf"|[Ee]xperiments?|[Pp]roject)\b"
    rf"|\b[Tt]he {_NAME}(?: [\w-]+){{0,2}} (?:trial|study|experiments?|cohort|survey)\b"
    rf"|\b(?:[Aa]n?|[Oo]ne|[Aa]nother|[Tt]he (?:same|first|largest|original|only"
    rf"|latest))(?: [\w-]+){{0,3}}? {_DESIGN}(?: [\w-]+){{0,3}} {_KIND}\b"
    rf"|\b(?:[Aa]n?|[Oo]ne|[Aa]nother|[Tt]he (?:same|first|largest|original|only"
    rf"|latest))(?: [\w-]+){{0,3}}? {_KIND}\b(?= (?:[\w’'-]+ ){{0,5}}?{_REPORTS}\b| by [A-Z]| in which\b)"
    rf"|\b{_KIND} by (?:[A-Z]\w+)|\b(?:[Aa]|[Oo]ne|[Tt]he)(?: [\w-]+){{0,2}} (?:meta-analysis|systematic review"
    rf"|Cochrane review)\b|\bCochrane (?:review|Collaboration)\b"
    r"|\b(?:authors|results|findings|participants) of (?:one|a|the|that) (?:\w+ )?(?:trial|study|survey|experiment)\b"
)
_BODY = (
    r"(?:NICE|WHO|World Health Organi[sz]ation|APA|AHA|ACC|ADA|ESC|SIGN|CDC|FDA|EMA|MHRA|NIH|NIMH|USPSTF|CANMAT|AACAP|VA/DoD"
    r"|RANZCP|BAP|ISTSS|NHS|Health Canada"
    r"|Cochrane|(?:British|American|European|Canadian|Australian|Australasian|International|World|National|German|Dutch"
    r"|Scottish|Royal)(?: (?:[A-Z]\w+|for|of|and|the)){0,6}"
    r" (?:Association|Society|College|Academy|Institute|Agency|Federation|Council|Organi[sz]ation)(?: (?:for|of"
    r"|on) [A-Z]\w+(?: [A-Z]\w+)?)?)"
)
_RULES = (
    r"(?:recommend\w*|advis\w+|approv\w+|endors\w+|suggest\w*|warn\w*|list(?:s|ed)|licen[cs]\w+|classif\w+|defin\w+|requir\w+"
    r"|stat(?:es|ed)|permit\w*|allow\w*"
    r"|caution\w*|sets?|call(?:s|ed) for|discourag\w+|support\w*|urg\w+|propos\w+|prefer\w*|rates?|rank\w*|put)"
)
_GUIDELINE = re.compile(
    rf"\b{_BODY}(?:’s|'s)? (?:\w+ ){{0,3}}?(?:{_RULES}|guid(?:eline|ance)s?|criteria|standards?|statement)\b"
    rf"|\b{_BODY}[- ](?:approved|recommended|endorsed|licensed)\b"
    rf"|\b(?:[Aa]ccording to|[Rr]ecommended|approved|endorsed|advised|published|issued|listed|classified|cleared|regulated"
    rf"|licen[cs]ed)(?: as [\w ]+?)? (?:by|in|to)? ?(?:the )?{_BODY}"
    rf"|\b(?:[A-Z]\w+ |[Cc]linical |[Tt]reatment |[Pp]ractice |[Nn]ational |[Ii]nternational |[Cc]urrent |[Tt]he "
    rf"|[Mm]ost )*[Gg]uid(?:eline|ance)s?(?: \w+){{0,3}}? {_RULES}\b"
    r"|\b(?:according to|recommended (?:in|by)|in line with|under|per|following|as) (?:the )?(?:\w+ ){0,3}[Gg]uid(?:eline"
    r"|ance)s?\b(?! (?:development|group|panel))"
    r"|\b(?:recommended )?(?:first|second|third)[- ]line (?:treatment|therapy|option|choice|medication|drug)s?\b"
    r"|\bconsensus (?:statement|guideline|recommendation)s?\b"
    r"|\b(?:DSM-(?:5|IV|III)(?:-TR)?|ICD-1[01])\b[^.]{0,40}?\b(?:criteria|codes?|requires?|lists?|defines?|classif\w+"
    r"|specif\w+)\b|\bcriteria (?:of|in) (?:the )?(?:DSM|ICD)"
    r"|\b(?:diagnos\w+|criteria) (?:under|by|in) (?:the )?(?:DSM|ICD)|\blicen[cs]ed (?:in|for|as|by)\b|\bapproved (?:for|in|by"
    r"|as)\b|\bcontraindicated\b|\boff-label\b"
)
_WORDED = (
    r"(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
_TIME_UNITS = (
    r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|sessions?|patients?|participants?|adults?"
    r"|people|studies|trials|countries|sites|points?)"
)
# What a text counts of itself or of an idea, and not of the world.
_IDEAS = (
    r"(?:ways?|things?|steps?|reasons?|principles?|parts?|kinds?|types?|sorts?|forms?|questions?|sections?|points?|aspects?"
    r"|elements?|components?|ideas?|goals?"
    r"|options?|examples?|factors?|themes?|domains?|areas?|levels?|pillars?|features?|skills?|strategies|approaches|concepts?"
    r"|tasks?|rules?|needs?|terms?|words?|claims?"
    r"|dimensions?|stages?|phases?|models?|methods?|techniques?|exercises?|cautions?|mistakes?|myths?|problems?|mechanisms?"
    r"|categories|processes|criteria|times)"
)
_COUNT = re.compile(
    r"(?<![\w.,/–-])(?:\d[\d,]*(?:\.\d+)?)(?:\s?(?:[–-]|to|and)\s?\d[\d,.]*)?(?![\w]|[.,:]\d|-year-old|-\w*[A-Z])"
    rf"|\b(?:two|hundreds?|thousands?|millions?|dozens?|a dozen|(?i:{_WORDED}))[ -](?:of )?(?:\w+ )?{_TIME_UNITS}\b"
    rf"|\b(?i:{_WORDED})(?: (?:and|to|or) {_WORDED})? (?!{_IDEAS}\b)(?:(?:more "
    rf"|other )?[a-z-]+ (?!{_IDEAS}\b))?[a-z-]+s\b(?! of (?:this|the) (?:article|page))"
)
# What is written with a figure and counts nothing: a label, an age, a telephone number.
_NO_COUNT = re.compile(
    r"\b(?:steps?|phases?|stages?|types?|levels?|grades?|tiers?|parts?|chapters?|sections?|figures?|fig\.|tables?|box|items?"
    r"|questions?|numbers?|no\.|"
    r"versions?|axis|factors?|vitamins?|groups?|weeks?|sessions?|days?|modules?|covid|dsm|icd|phq|gad|bdi|hba1c|type|omega|il"
    r"|cd|apollo|route|"
    r"floor|room|ward|bus|line|bed|unit|platform|gate|aged?|ages|call|dial|ring|text)[ -]?$|\b[A-Z][a-z]+, $",
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


_PIECE = (
    r"(?:article|page|section|entry|wiki|overview|guide|chapter|table|figure|list|summary|document|text|paragraph|glossary|box|diagram)"
)
_SAID = (
    r"(?:listed|found|given|marked|explained|collected|printed|chosen|written|set|shown|defined|changed|made up|invented"
    r"|described|summari[sz]ed|numbered|tagged|added|drawn|picked|used)"
)
_ABOUT = re.compile(
    rf"^(?:(?:In|Throughout|For|Within|On) )?(?:[Tt]his|[Tt]he (?:present|following|next|previous|preceding|last|final|first"
    rf"|opening|rest of (?:this|the))|[Tt]hese) "
    rf"(?:{_PIECE}|sections|sentences|questions|pages|tables)\b(?P<rest>.*)$"
    rf"|^(?:The )?(?:[\w-]+ )?(?:{_PIECE}s?|links?|questions?|examples?|terms?|points?|headings?|sources|references"
    rf"|names) (?:below|above|at the (?:bottom|end|top|foot)|that follows?|overleaf)\b.*$"
    r"|^(?:Below|Above|Here|What follows) (?:is|are|we)\b.*$|^(?:Figure|Table|Box|Section|Part) \d+ (?:shows|lists|gives"
    r"|summari[sz]es|presents|compares|illustrates|describes|outlines) (?!that\b).*$"
    rf"|^(?:The |All |Full |Some |Most |Our |Key )*(?:sources?|references?|citations?|names|terms|words|sentences|claims"
    rf"|markers|links|numbers|case examples|examples|questions|vignettes)\b.*\b{_SAID}\b"
    rf".*(?:\bat the (?:end|bottom|foot)|\bbelow\b|\babove\b|\bin brackets|\bin the (?:source list|glossary|list|notes"
    rf"|references|text)|\bby (?:the editors|a (?:language )?model)|\bhere\b|\b(?:in|of|on) this {_PIECE}|LLM).*$"
    rf"|^(?:The |All |Full |Some |Most |Our |Key )*(?:sources?|references?|citations?|names|terms|words|sentences|claims"
    rf"|markers|links|numbers|case examples|examples|questions|vignettes)\b"
    rf".*\b(?:in|of|on) this {_PIECE}\b.*\b(?:are|were|is|was|have been|has been) (?:\w+ )?{_SAID}\b.*$"
    r"|^(?:Sentences|Claims|Citations|Markers|Sources|Examples|Numbers|Links|Terms|Words) (?:in (?:brackets|italics|bold"
    r"|this article) |at the (?:end|bottom) of the page )?(?:are|is|carry|mark|marked|refer|show|lead|end)\b"
    r".*(?:mark|tag|number|list|source|bracket|LLM|glossary|material).*$"
    r"|^(?:By [\w ‘’“”'\"-]+ we mean|Here,? (?:we|the)|We (?:return|turn|come back|use|define|speak of|begin|end|close|look"
    r"|list)\b(?=.*\b(?:sections?|below|above|later|here|next|article|page|question)\b))\b.*$"
    rf"|^[Aa]s (?:mentioned|noted|said|described|discussed|shown|explained) (?:above|below|earlier|before),? (?:this|the) {_PIECE}\b.*$"
    rf"|^The (?:term|word|name|abbreviation|label) .+ (?:is|are|means|refers to .+) (?:used |meant )?(?:here|in this {_PIECE}"
    rf"|throughout)\b.*$"
    rf"|^(?:Use|Follow|Click|See|Read|Refer to|Go to|Turn to|Consult|Compare|Note that|Skip to)\b.*\b(?:links?|sections?"
    rf"|tables?|figures?|articles?|glossary|page|below|above|list|sources|key terms|chapter)\b.*$"
    r"|^(?:The sections|The headings|The questions|The terms|The examples) (?:below|that follow|above)\b.*$",
)
_DOES = re.compile(
    r"\b(?:describe[sd]?|explain(?:s|ed)?|outline[sd]?|cover(?:s|ed)?|summari[sz]e[sd]?|present(?:s|ed)?|list(?:s|ed)?|is|are"
    r"|uses?|show(?:s|ed)?|gives?|introduce[sd]?|review(?:s|ed)?|discuss(?:es|ed)?"
    r"|offers?|collects?|sets? out|looks? at|turns? to|focus(?:es)?|draws?|refers?|was|were|has|have|does|do|may|will|can|must"
    r"|should|we|the term|explores?|addresses|contains?|begins?|ends?|compares?)\b"
)


def is_about_itself(text: str) -> bool:
    """Say whether a sentence only says something of the article it stands in, which no source can answer for.

    >>> is_about_itself("This section summarises the evidence."), is_about_itself("This section of the brain stores names.")
    (True, False)
    """
    found = _ABOUT.match(text.strip())
    if not found or any(item.kind != "number" for item in stated(text)):
        return False
    rest = found["rest"]
    return rest is None or bool(
        _DOES.search(rest) and not re.match(r"\s+(?:of|in) (?!(?:this|the) (?:article|page|wiki|guide|book)\b)", rest)
    )


_STEMS = (
    "reduce improve increase cause prevent help lower raise protect cure treat predict "
    "outperform beat boost worsen harm save kill relieve fail matter drive explain make "
    "give depend affect strengthen weaken buffer build grow fall heal halve double "
    "triple slow delay extend shorten lengthen ease calm soothe trigger restore repair "
    "rewire damage hurt ruin rob pay earn win lose remain become bring keep begin "
    "act live die feel learn forget recover respond suffer decline vary differ exceed equal "
    "complement enhance promote foster encourage discourage motivate inspire require "
    "demand allow enable prove confirm suggest reveal connect underlie mediate "
    "moderate determine contribute shield follow outlast outweigh offset combat solve resolve "
    "sustain maintain erode spread mean breed bind unite divide lift deepen sharpen "
    "cost need show support work shape lead need thrive flourish bounce stick last speed suit deserve hide signal mimic rule control cut"
).split()
_VERBS = "|".join([f"{stem}s?" if not stem.endswith(("s", "sh", "ch", "x")) else f"{stem}(?:es)?" for stem in _STEMS])
_VERBS += (
    "|is|are|was|were|has|have|does|do|can|cannot|can’t|will|relies|rely|grew|fell|rose|cured|proved|isn’t|aren’t|doesn’t|don’t"
    "|carries|carry|varies|modifies|satisfies|beats|goes"
)
_SHORT = re.compile(
    r"^[\w’'-]+(?: [\w’'-]+)? (?:kills|helps|matters|heals|hurts|fails|wins|lasts|pays|cures|harms|saves|improves|declines|differs"
    r"|varies|works|spreads|sells)[.!]?$",
    re.I,
)
_BEST = re.compile(
    r"(?:^|: )(?:the |our )?(?:(?:most|least) (?!common|frequent|important|recent|used|cited|asked)\w+|best|only|safest"
    r"|fastest|cheapest|strongest|worst|gold[- ]standard)"
    r" (?!practice|practices|seller)\w+(?: \w+)* (?:for|against|of|in|to)\b|: (?:the )?gold standard\b|\b(?:better|worse"
    r"|more effective|safer|stronger|healthier|happier|longer) than\b",
    re.I,
)
_FEWEST = 3  # words of a heading that can state something, but for a few short ones
_CLAIM = re.compile(rf"^[^?]*\b[\w’'-]+ (?:{_VERBS})\b(?! ?[?:-])[^?]*\w", re.I)
_ASKS = re.compile(r"^(?:\d[\d.]*\s+)?(?:how|what|why|when|where|who|whom|whose|which|if|whether|does|do|is|are|can|should)\b", re.I)


def claims(heading: str) -> bool:
    """Say whether a heading states something, where it should name a subject.

    >>> claims("Singing reduces loneliness"), claims("Does singing help?"), claims("Evidence Base")
    (True, False, False)
    """
    text = re.sub(r"^\d{1,2}(?:\.\d{1,2})*[.)]?\s+", "", heading.strip())
    if _ASKS.match(text) or text.endswith("?"):
        return False
    if _SHORT.match(text) or _BEST.search(text) or any(item.kind in {"dose", "statistic"} for item in stated(text)):
        return True
    if len(text.split()) < _FEWEST:
        return False
    return bool(re.search(r"[a-z]{2}[.!]$", text) or _CLAIM.match(text))
