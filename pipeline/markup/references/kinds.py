"""Words by which journals, publishers, sites and kinds of work are known."""

from __future__ import annotations

import re

_PUBLISHER = re.compile(
    r"\b(?:Press(?:es)?|Publish\w+|Publications?|Verlag|Books|Universit\w+|Routledge|Wiley|Springer|S[Aa][Gg][Ee]|Elsevier|Guilford|Norton|Penguin|"
    r"Random House|Sons|Inc|Ltd|Éditions?|Editions?|Editorial|Simon & Schuster|Harper\w*|McGraw|Palgrave|Macmillan|Blackwell|Pearson|"
    r"Erlbaum|"
    r"Brill|Gruyter|Suhrkamp|Hogrefe|Beltz|Klett|Gallimard|Seuil|PUF|Dunod|Paidós|Herder|Basic|Bloomsbury|Cengage|Houghton|Knopf|Vintage|Doubleday|"
    r"Oxford|Cambridge|ProQuest|O['’]Reilly|Kluwer|Thieme|Karger|Westview|Polity|Brooks/Cole|Worth|Freeman|Academic|APA|IEEE|ACM|CRC|Crown|Free)\b"
)
_JOURNAL = re.compile(
    r"\b(?:Journal|Review|Reviews|Annals|Archives|Proceedings|Bulletin|Quarterly|Letters|Transactions|Zeitschrift|Revue|Revista|Rivista|Lancet|BMJ|"
    r"JAMA|Nature|Science|PLoS|PLOS|Frontiers|Psychology|Psychiatry|Medicine|Research|Studies|Advances|Perspectives|Reports|Opinion|Acta|Clinical|"
    r"J|Int|Psychol|Psychiatry|Sci|Med|Res|Rev|Am|Eur|Br|Soc|Magazine|Physics|Biology|Chemistry|Neuroscience|Sociology|Economics|Gerontology)\b\.?"
)
_BLOG = re.compile(r"\bblogs?\b|blogspot|wordpress\.com|medium\.com|substack\.com|\bweblog|\bweb log", re.IGNORECASE)
_SITE_NOTE = re.compile(r"\b(?:blog|website|web site|magazine|newspaper|newsletter|podcast)\b", re.IGNORECASE)
_PREPRINT = re.compile(r"\b(?:pre-?print|biorxiv|medrxiv|psyarxiv|socarxiv|ssrn|osf preprints|research square)\b", re.IGNORECASE)
_REPORT = re.compile(
    r"\b(?:guidelines?|guidance|reports?|white paper|working paper|technical|quality standard|policy brief|position statement|"
    r"fact ?sheet|brochure|NG\d+|CG\d+|RFC \d+)\b",
    re.IGNORECASE,
)
_SERIES = re.compile(
    r"\b(?:guideline|report|paper|series|standard|publication|memorandum|bulletin)s?\b[^\x1e]{0,12}\b[A-Z]{0,5}[-.]?\d",
    re.IGNORECASE,
)
_LAW = re.compile(
    r"\b(?:(?:Act|Regulations?|Directive|Statute|Order|Ordinance|Code|Bill) (?:\(?[^\d\x1e]{0,30}\)? ?)?(?:of )?(?:1[5-9]\d\d|20\d\d)|"
    r"U\.S\.C\.|§ ?\d+|Pub(?:\.|lic) L(?:\.|aw)|Directive \d+/\d+|Regulation \(E[UC]\)|BGBl|C\.F\.R\.)"
)
_LAW_SITE = re.compile(r"legislation\.gov\.uk|eur-lex\.europa\.eu|congress\.gov|gesetze-im-internet\.de")
_EDITION = re.compile(r"\b(?:\d(?:st|nd|rd|th)|rev\.|revised) (?:ed\.|edn\b|edition)", re.IGNORECASE)
_MEETING = re.compile(r"\b(?:Proceedings|Proc\.|Conference|Conf\.|Symposium|Symp\.|Workshop|Advances in Neural)", re.IGNORECASE)
_VIDEO = re.compile(r"\b(?:video|film|dvd|ted talk|youtube|vimeo|webinar|motion picture)\b", re.IGNORECASE)
_THESIS = re.compile(r"\b(?:dissertation|thesis|habilitation)\b", re.IGNORECASE)
_DATA = re.compile(r"\b(?:data ?set|database|zenodo|figshare|dryad)\b", re.IGNORECASE)
_SOFTWARE = re.compile(r"\bsoftware\b", re.IGNORECASE)
_REFERENCE_SITE = re.compile(r"\bGoogle Books\b", re.IGNORECASE)


def is_publisher(text: str) -> bool:
    """Say whether a text names a publishing house by a word that such names hold."""
    return bool(_PUBLISHER.search(text))


def is_journal(text: str) -> bool:
    """Say whether a text reads as the title of a journal."""
    return bool(_JOURNAL.search(text)) and not re.search(r"\b(?:Press|Publish\w+)\b", text)


def is_series(text: str) -> bool:
    """Say whether a text names a series and a number in it: `NICE guideline NG222`."""
    return bool(_SERIES.search(text))


def is_law(text: str) -> bool:
    """Say whether a text names an act, a directive or a section of a code."""
    return bool(_LAW.search(text))


def is_law_title(text: str) -> bool:
    """Say whether an entry starts with the name of an act: `Mental Health Act 1983`."""
    found = _LAW.search(text[:160])
    return bool(found) and not re.search(r"[.:]\s|[“\"]|\w\.,", text[: found.start() if found else 0])


def is_site_note(text: str) -> bool:
    """Say whether a bracket after a title names the place: `(Psychology Today blog)`."""
    return bool(_SITE_NOTE.search(text))


def is_video_site(text: str) -> bool:
    """Say whether a text names a site of videos."""
    return text.strip().casefold() in {"youtube", "vimeo", "dailymotion"}


def kind_of(fields: dict[str, object], tags: str, whole: str) -> str:
    """Guess the CSL type from the fields, the words in brackets and the whole entry."""
    return _by_tag(fields, tags) or _by_form(fields, whole) or _by_place(fields, whole)


def _by_tag(fields: dict[str, object], tags: str) -> str | None:
    if "youtube" in fields or _VIDEO.search(tags) or is_video_site(str(fields.get("publisher", ""))):
        return "motion_picture"
    if _THESIS.search(tags):
        return "thesis"
    if _DATA.search(tags):
        return "dataset"
    if _SOFTWARE.search(tags):
        return "software"
    if _PREPRINT.search(tags) and "volume" not in fields:
        return "article"
    return "post-weblog" if _BLOG.search(tags) else "report" if _REPORT.search(tags) else None


def _by_form(fields: dict[str, object], whole: str) -> str | None:
    container = str(fields.get("container_title", ""))
    if "chapter" in fields:
        return "paper-conference" if _MEETING.search(container) else "chapter"
    if "volume" in fields or "issue" in fields:
        return "article-journal"
    if _LAW_SITE.search(str(fields.get("URL", ""))) or (is_law(str(fields["title"])) and not fields.get("author")):
        return "legislation"
    if _REFERENCE_SITE.search(str(fields["title"])):
        return "webpage"
    if _THESIS.search(whole) and re.search(r"\b[Uu]niversit", whole):
        return "thesis"
    if "arXiv" in fields or _PREPRINT.search(container) or _PREPRINT.search(str(fields.get("publisher", ""))):
        return "article"
    return "post-weblog" if _BLOG.search(container) or _BLOG.search(str(fields.get("URL", ""))) else None


def _by_place(fields: dict[str, object], whole: str) -> str:
    held = fields.keys()
    body = bool(fields.get("body"))
    if held & {"PMCID", "PMID"} or (held & {"DOI", "page"} and "container_title" in held):
        return "article-journal"
    if _DATA.search(str(fields.get("publisher", ""))):
        return "dataset"
    if (body and _REPORT.search(whole)) or re.search(r"\b(?:Working|Discussion) Paper\b|\bTechnical Report\b", whole):
        return "report"
    if (
        "ISBN" in held
        or _EDITION.search(whole)
        or (is_publisher(str(fields.get("publisher", ""))) and not body)
        or ("publisher" in held and ("URL" not in held or "editor" in held))
    ):
        return "book"
    if "URL" in held or "quoted" in held:
        return "webpage"
    if is_journal(str(fields.get("container_title", ""))):
        return "article-journal"
    return "book" if "editor" in held else "webpage" if "container_title" in held else "document"
