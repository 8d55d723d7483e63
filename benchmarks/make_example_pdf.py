"""Typeset the trial of the bundled example: two columns, running heads, page numbers, words broken at line ends.

usage: python benchmarks/make_example_pdf.py [OUTPUT]

Needs reportlab. The same bytes come out of every run. The trial, its authors, journal and DOI are invented;
the text is in the public domain (CC0 1.0).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

OUTPUT = Path(__file__).parent.parent / "sources" / "group-singing" / "files" / "choir-trial.pdf"
WIDTH, HEIGHT = 499.0, 709.0
MARGIN, GUTTER, TOP, BOTTOM = 46.0, 19.0, 640.0, 62.0
COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2
SIZE, LEADING = 10.0, 13.2
ROMAN, BOLD, ITALIC = "Times-Roman", "Times-Bold", "Times-Italic"
FIRST_PAGE = 211
HEAD = "Journal of Ageing and Group Life 15 (2021)"
FOOT = "Invented document for software testing. Fictional authors, trial and DOI. CC0 1.0."
TITLE = ("A Twelve-Week Community Choir for Older Adults Living Alone:", "A Randomised Trial of Loneliness and Identification")
AUTHORS = "Adaeze Okonjo, Henrik Brandt and Miriam Sallow"
DOI = "doi: 10.5555/jagl.2021.0157"

BREAKS = """
ac-cept-able ac-counted ac-tive al-lo-ca-tion as-sess-ment as-ses-sors at-tend-ance at-tri-tion be-reave-ment
com-mis-sion-ers com-mu-ni-ties com-mu-nity com-pan-ion com-pared con-clu-sion con-cluded con-tin-ued con-ver-sa-tion
co-op-er-a-tion cor-re-sponds de-creased de-men-tia de-pres-sion de-pres-sive di-ag-no-sis dif-fer-ence dis-tress
ef-fect el-i-gi-ble eth-nic eval-u-a-tions ev-i-dence ex-plained fea-si-ble find-ings fort-night friendly group-ings
hy-poth-e-sis iden-ti-fi-ca-tion iden-tity im-por-tant in-de-pen-dent in-di-cated in-gre-di-ent in-ter-ven-tions
in-ter-views lim-i-ta-tions lone-li-ness main-tained me-di-a-tion mem-ber-ship monthly mu-si-cians news-let-ter
or-di-nary par-tic-i-pants per-ceived pleas-ant pop-u-la-tion pres-sure psy-cho-log-i-cal ran-dom-ised re-cruited
re-duc-tion re-placed re-place-ment re-sponse re-tire-ment sec-ond-ary se-vere sig-nif-i-cantly sin-gers ses-sions
stat-is-ti-cian strangers strat-i-fied sub-group su-per-vi-sor sup-ports symp-toms syn-chrony tele-phone
trans-port un-sup-ported vol-un-teers wait-ing wid-ow-hood with-drew
"""

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Abstract",
        (
            "Loneliness is common among older adults who live alone, and few interventions target membership of a "
            "lasting group. The Harbour Choir trial tested whether a 12-week community choir would reduce loneliness "
            "compared with a waiting list. A total of 214 adults aged 65 to 91 were randomised to a weekly choir "
            "(n = 108) or to a waiting list (n = 106). Loneliness fell by 4.1 points in the choir group and by 1.2 "
            "points in the waiting-list group (p = .02). Depressive symptoms did not differ significantly between the "
            "groups at week 12 (p = .21). The findings suggest that group singing may relieve loneliness when members "
            "come to see the choir as their own.",
        ),
    ),
    (
        "Introduction",
        (
            "Living alone is not the same as being lonely, yet the two conditions overlap after retirement, widowhood "
            "and the loss of driving. Friendly visiting and telephone schemes increase contact, but earlier "
            "evaluations found little change in felt loneliness. The social identity approach explains the gap by "
            "distinguishing contact from membership. A visitor remains a guest, whereas a choir gives a person a "
            "role, a section and a reason to be missed.",
            "Group singing is unusual among group activities because cooperation is audible from the first minute. "
            "Singing in unison requires each person to match pitch, tempo and breath with strangers, and success is "
            "heard at once. Moving and breathing in synchrony is thought to speed up bonding in new groups. "
            "Collective efficacy is the shared belief that a group can accomplish together what no member could "
            "accomplish alone. A choir that learns four songs in a month supplies plain evidence for such a belief.",
            "Earlier choir studies relied on volunteers who were already keen singers, which limits what can be "
            "concluded about people who have not sung since school. The Harbour Choir trial therefore recruited "
            "adults who had not belonged to any choir in the previous 10 years. The main hypothesis was that the "
            "choir would reduce loneliness more than a waiting list after 12 weeks. A second hypothesis was that any "
            "reduction would be explained in part by identification with the choir.",
        ),
    ),
    (
        "Method",
        (
            "Participants were recruited through family doctors, libraries and posters in six coastal towns between "
            "March and September 2018. Eligible participants were aged 65 or older, lived alone and scored above the "
            "published cut-off for loneliness. People with a diagnosis of dementia or with severe hearing loss were "
            "not eligible for the trial. Random allocation was carried out by an independent statistician and was "
            "stratified by town and by sex.",
            "The choir met once a week for 90 minutes in a public hall, and each of the nine choirs had between 10 "
            "and 14 members. Each session consisted of a 10-minute physical warm-up, 50 minutes of song, a tea break "
            "of 20 minutes and a closing song. Songs were taught by ear, and no participant was asked to read music "
            "or to sing alone. Choir leaders were community musicians who completed a two-day training course and met "
            "a supervisor every fortnight. The waiting list received a monthly newsletter and was offered a place in "
            "a choir after the 6-month assessment.",
            "Loneliness was measured with a 20-item scale with scores from 20 to 80, on which higher scores indicate "
            "greater loneliness. Identification was measured with four items about feeling like a member of the "
            "choir. Depressive symptoms, perceived stress and resting blood pressure were secondary outcomes. "
            "Assessors did not know the allocation of the participants, although several participants revealed it "
            "during interviews.",
        ),
    ),
    (
        "Results",
        (
            "Of the 214 participants, 178 completed the assessment at week 12, which corresponds to attrition of "
            "17 %. Participants attended a mean of 9.3 of the 12 sessions, and 71 % attended at least nine. The mean "
            "age of the participants was 74 years, and 68 % of the participants were women.",
            "The difference in loneliness between the groups at week 12 was 2.9 points, which is a small to moderate "
            "effect (d = 0.38). Perceived stress decreased more in the choir group than in the waiting-list group, "
            "but the difference was no longer present at 6 months. Resting blood pressure did not change in either "
            "group. Identification with the choir rose steeply between week 2 and week 6 and then remained stable.",
            "Mediation analysis indicated that identification at week 6 explained 34 % of the effect of the choir on "
            "loneliness. The number of sessions attended did not predict the change in loneliness once identification "
            "was taken into account. At 6 months, the reduction in loneliness was maintained only among the 61 % of "
            "participants who had continued to sing with a group. Participants who stopped singing returned to their "
            "earlier level of loneliness within 3 months of leaving. Benefits were larger among participants who had "
            "been widowed in the previous two years, but the subgroup was small (n = 37). Two participants withdrew "
            "because the sessions increased distress after bereavement, and four withdrew because of difficulty with "
            "transport.",
        ),
    ),
    (
        "Discussion",
        (
            "The Harbour Choir trial found that a 12-week choir reduced loneliness among older adults who lived "
            "alone. Attendance alone did not account for the benefit, which supports the claim that identification "
            "rather than contact is the active ingredient. Low mood improved slightly in both groups, and the trial "
            "provides no evidence that a choir treats depression. A choir may be best regarded as a companion to "
            "treatment for low mood and not as a replacement.",
            "The return of loneliness after leaving suggests that the benefit belongs to membership and does not "
            "outlast it. Commissioners should therefore plan for choirs that continue rather than for courses that "
            "end. Recruitment through family doctors reached people who would not have answered a poster, but men "
            "remained hard to recruit by any route. Bereaved participants described the tea break as important, "
            "because conversation about loss was easier beside someone than face to face.",
            "Choir leaders reported that supervision helped them to respond to grief and conflict, for which their "
            "musical training had not prepared them. Three of the nine choirs continued after the trial with leaders "
            "drawn from among the participants.",
        ),
    ),
    (
        "Limitations",
        (
            "A waiting list does not control for the attention of the leader or for the pleasure of leaving the "
            "house. Participants who agreed to sing were probably more open to groups than the wider population of "
            "lonely adults. The sample was largely of one ethnic background, and the results may not apply to "
            "communities with other singing traditions. Loneliness was reported by the participants themselves, so "
            "the wish to please the choir leader may have coloured the answers.",
        ),
    ),
    (
        "Conclusion",
        (
            "Community choirs appear to be a feasible and acceptable response to loneliness in later life. The size "
            "of the effect is modest, and continued membership seems necessary to keep it. Future research should "
            "compare choirs with other lasting groups and should follow members for at least two years.",
        ),
    ),
)


def hyphenation() -> dict[str, str]:
    """Return the words that may be broken, each with its break points."""
    return {word.replace("-", ""): word for word in BREAKS.split()}


def lines(paragraph: str, indent: float) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a paragraph, and whether each is its last."""
    breaks, line, room = hyphenation(), "", COLUMN - indent
    for word in paragraph.split():
        wanted = f"{line} {word}" if line else word
        if stringWidth(wanted, ROMAN, SIZE) <= room:
            line = wanted
            continue
        head, rest = _broken(line, word, breaks, room)
        yield (f"{line} {head}-" if head else line), False
        line, room = rest, COLUMN
    yield line, True


def _broken(line: str, word: str, breaks: dict[str, str], room: float) -> tuple[str, str]:
    """Return the longest part of the word that still fits, and the rest; an empty part where none fits."""
    syllables = breaks.get(word.strip(",.()").lower(), word).split("-") if "-" not in word else [word]
    for count in range(len(syllables) - 1, 0, -1):
        length = sum(len(part) for part in syllables[:count])
        if stringWidth(f"{line} {word[:length]}-", ROMAN, SIZE) <= room:
            return word[:length], word[length:]
    return "", word


class Typesetter:
    """Fills column after column, page after page."""

    def __init__(self, path: Path) -> None:
        self.canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1)
        self.canvas.setTitle(" ".join(TITLE))
        self.canvas.setAuthor(AUTHORS)
        self.canvas.setSubject(FOOT)
        self.page, self.column, self.top = 0, 0, TOP
        self._start_page()

    def _start_page(self) -> None:
        self.page += 1
        self.column, self.top = 0, TOP
        number = str(FIRST_PAGE + self.page - 1)
        self.canvas.setFont(ITALIC, 8.5)
        self.canvas.drawString(MARGIN, HEIGHT - 40, HEAD)
        self.canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 40, number)
        if self.page == 1:
            self._title()
        self.y = self.top

    def _title(self) -> None:
        for index, text in enumerate(TITLE):
            self.canvas.setFont(BOLD, 13.5)
            self.canvas.drawCentredString(WIDTH / 2, TOP - 8 - 18 * index, text)
        self.canvas.setFont(ROMAN, 10.5)
        self.canvas.drawCentredString(WIDTH / 2, TOP - 54, AUTHORS)
        self.canvas.setFont(ITALIC, 9)
        self.canvas.drawCentredString(WIDTH / 2, TOP - 70, DOI)
        self.top = TOP - 100

    def _foot(self) -> None:
        self.canvas.setFont(ROMAN, 7.5)
        self.canvas.drawCentredString(WIDTH / 2, 34, FOOT)

    def _next_column(self) -> None:
        if self.column == 0:
            self.column, self.y = 1, self.top
        else:
            self._foot()
            self.canvas.showPage()
            self._start_page()

    @property
    def _x(self) -> float:
        return MARGIN + self.column * (COLUMN + GUTTER)

    def heading(self, text: str) -> None:
        """Set a section's heading, never as the last line of a column."""
        if self.y < BOTTOM + 3 * LEADING:
            self._next_column()
        if self.y < self.top:
            self.y -= LEADING * 0.6
        self.canvas.setFont(BOLD, 10.5)
        self.canvas.drawString(self._x, self.y, text)
        self.y -= LEADING * 1.15

    def paragraph(self, text: str, indent: float) -> None:
        """Set a justified paragraph."""
        for index, (line, last) in enumerate(lines(text, indent)):
            if self.y < BOTTOM:
                self._next_column()
            shift = indent if index == 0 else 0.0
            spare = COLUMN - shift - stringWidth(line, ROMAN, SIZE)
            gaps = line.count(" ")
            self.canvas.setFont(ROMAN, SIZE)
            self.canvas.drawString(self._x + shift, self.y, line, wordSpace=0 if last or not gaps else spare / gaps)
            self.y -= LEADING

    def finish(self) -> None:
        """Write the file."""
        self._foot()
        self.canvas.showPage()
        self.canvas.save()


def main(arguments: list[str]) -> int:
    """Typeset the trial into the given file."""
    path = Path(arguments[0]) if arguments else OUTPUT
    path.parent.mkdir(parents=True, exist_ok=True)
    setter = Typesetter(path)
    for heading, paragraphs in SECTIONS:
        setter.heading(heading)
        for index, paragraph in enumerate(paragraphs):
            setter.paragraph(paragraph, 0.0 if index == 0 else 12.0)
    setter.finish()
    print(f"{path}: {setter.page} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
