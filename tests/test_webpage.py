"""Articles on web pages: blocks, markers, source lists, furniture, and pages that mean harm."""

from __future__ import annotations

import doctest
import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

import pipeline.markup.webpage.entries
import pipeline.markup.webpage.inline
import pipeline.markup.webpage.writer
from pipeline.markup.imported import Imported
from pipeline.markup.webpage import read


def shown(markdown: str) -> str:
    """Return what CommonMark makes of the Markdown: its words, white space collapsed."""
    return " ".join(" ".join(_texts(MarkdownIt("commonmark", {"maxNesting": 64}).enable("table").parse(markdown))).split())


def _texts(tokens: list[Token]) -> list[str]:
    found = []
    for token in tokens:
        if token.children:
            found.append("".join(" " if child.type == "softbreak" else child.content for child in token.children))
        elif token.content:
            found.append(token.content)
    return found


def body(markup: str) -> str:
    """Return the Markdown of a fragment, without the line end."""
    return read(markup).markdown.strip()


def why(found: Imported) -> dict[str, str]:
    return {remark.text: remark.why for remark in found.remarks}


def test_doctests() -> None:
    for module in (pipeline.markup.webpage.entries, pipeline.markup.webpage.inline, pipeline.markup.webpage.writer):
        assert doctest.testmod(module).failed == 0


# -- blocks ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("<h2>A <em>b</em></h2><p>c</p>", "## A *b*\n\nc"),
        ("<h2>Learn C #</h2>", "## Learn C \\#"),
        ("<p>one<p>two", "one\n\ntwo"),
        ("<div>one<div>two</div>three</div>", "one\n\ntwo\n\nthree"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ol start=3><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"),
        ("<ul><li>a</li></ul><p>b</p>", "- a\n\nb"),
        ("<dl><dt>Mood</dt><dd>How one feels.</dd></dl>", "- **Mood** — How one feels."),
        ("<dl><dt>Mood</dt><dd><p>One.</p><p>Two.</p></dd></dl>", "- **Mood** — One.\n\n  Two."),
        ("<dl><dt>A</dt><dt>B</dt><dd>c</dd><dd>d</dd></dl>", "- **A**\n- **B** — c\n- d"),
        ("<dl><dt>A</dt><dd hidden>c</dd></dl><p>e</p>", "- **A**\n\ne"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<div class='callout'>a</div>b", "> a\n\nb"),
        ("<p class='note'>a</p>", "> a"),
        ("<aside class='warning'>a</aside>", "> a"),
        ("<details><summary>s</summary>t</details>", "> s\n>\n> t"),
        ("<figure><img src=x alt=y><figcaption>A choir.</figcaption></figure>", "Figure: A choir."),
        ("<figure><figcaption>Fig. 2. A choir.</figcaption></figure>", "Fig. 2. A choir."),
        ("<pre><code class='language-py'>a = `1`\n  b</code></pre>", "```py\na = `1`\n  b\n```"),
        ("<p>a</p><hr><p>b</p><hr>", "a\n\n***\n\nb"),
        ("<p>a<br>b</p>", "a b"),
        ("<p>a<br><br>b</p>", "a\n\nb"),
        ("<p>He said <q>yes</q>.</p>", "He said “yes”."),
        ("<p>The <math alttext='{\\displaystyle x^2}'><mi>x</mi></math> rule</p>", "The `x^2` rule"),
    ],
)
def test_blocks(markup: str, markdown: str) -> None:
    assert body(markup) == markdown


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("<b>bold</b> <i>it</i> <code>a`b</code>", "**bold** *it* ``a`b``"),
        ("<b> bold </b>x", "**bold** x"),
        ("wo<b>r</b>d", "wo**r**d"),
        ("<b>bold.</b>tail", "bold.tail"),  # CommonMark would not close it there
        ("<b>a</b><i>b</i>", "**a**b"),
        ("<b>a <i>b</i> c</b>", "**a b c**"),
        ("<a href='https://e.org/a b(c)?x=1&amp;copy;=2'>link</a>", "[link](https://e.org/a%20b%28c%29?x=1&amp;copy;=2)"),
        ("<a href='/wiki/X'>link</a>", "link"),
        ("look!<a href='http://e.org'>here</a>", "look\\![here](http://e.org)"),
        ("1. no list", "1\\. no list"),
        ("<b></b>1<i>. no</i> list", None),
        ("a_b*c [x](y) &lt;z> & &amp;amp; | ~ `", None),
        ("[3]: no definition", None),
    ],
)
def test_lines(markup: str, markdown: str | None) -> None:
    found = body(f"<p>{markup}</p>")
    if markdown is not None:
        assert found == markdown
    plain = html.unescape(re.sub(r"</?(?:b|i|a|code|sup|p|q)\b[^>]*>", "", markup.strip()))
    assert shown(found) == " ".join(plain.split())


def test_tables_are_filled_in() -> None:
    markup = """<table><caption>Sizes of choirs</caption>
      <thead><tr><th rowspan=2>Place<th colspan=2>Size</tr><tr><th>low<th>high|top</tr></thead>
      <tbody><tr><td rowspan=2>Leeds<td>3<td>9 <sup>[2]</sup></td></tr>
      <tr><td><p>4<p>5<td><ul><li>a<li>b</ul></tr><tr></tr></tbody></table>"""
    assert body(markup) == (
        "Table: Sizes of choirs\n\n| Place | Size low | Size high\\|top |\n|---|---|---|\n| Leeds | 3 | 9 [2] |\n| Leeds | 4 5 | a b |"
    )


def test_tables_that_lay_out_a_page_are_no_tables() -> None:
    assert body("<table><tr><td><h2>A</h2><p>b</p><table><tr><td>c<td>d</table></table>") == "## A\n\nb\n\n| c | d |\n|---|---|"
    assert body("<table><tr><td>Alone.</table>") == "Alone."


def test_spans_of_a_table_are_kept_small() -> None:
    found = body(f"<table><tr><td colspan=999999 rowspan=999999>{'long ' * 50}</td></tr>{'<tr><td>x</td></tr>' * 2000}</table>")
    assert len(found) < 3_000_000
    assert found.count("x") == 2000


# -- markers -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("Mood rose<sup>3</sup>.", "Mood rose [3]."),
        ("Mood rose.<sup>3</sup> It", "Mood rose.[3] It"),
        ("Mood rose.<sup>3</sup>It", "Mood rose.[3] It"),
        ("Mood rose<sup>1,2</sup> then", "Mood rose [1][2] then"),
        ("Mood rose<sup>3–5</sup>", "Mood rose [3][4][5]"),
        ("Mood rose<sup>[3]</sup>", "Mood rose [3]"),
        ("Mood rose<sup>1</sup><sup>,</sup><sup>2</sup>", "Mood rose [1][2]"),
        ("in 2010<sup>3</sup> and COVID-19<sup>4</sup>", "in 2010 [3] and COVID-19 [4]"),
        ("40%<sup>3</sup> of (WHO)<sup>4</sup>", "40% [3] of (WHO) [4]"),
        ("vitamin C<sup>3</sup>", "vitamin C [3]"),
        ("Mood rose<sup>LLM</sup>.", "Mood rose [LLM]."),
        ('Mood rose <span class="llm">LLM</span>.', "Mood rose [LLM]."),
        ('Mood rose. <span class="badge badge-llm">LLM</span>', "Mood rose. [LLM]"),
        ("An LLM wrote [LLM] and [3] here.", "An LLM wrote [LLM] and [3] here."),
        ("both [1, 3] and [2–4].", "both [1][3] and [2][3][4]."),
        ("IEEE [1], [2], [4]–[6].", "IEEE [1][2][4][5][6]."),
        ("raised³ stays", "raised³ stays"),
        ("rose<sup>3</sup>(see x)", "rose [3] (see x)"),
        ("no [2019] year", "no \\[2019\\] year"),
    ],
)
def test_markers(markup: str, markdown: str) -> None:
    assert body(f"<p>{markup}</p>") == markdown


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("m<sup>2</sup>", ("m²", "m^2")),
        ("5 km<sup>2</sup>", ("5 km²", "5 km^2")),
        ("10<sup>3</sup>", ("10³", "10^3")),
        ("cm<sup>-1</sup>", ("cm⁻¹", "cm^-1")),
        ("the 1<sup>st</sup> time", ("the 1st time",)),
        ("Ca<sup>2+</sup>", ("Ca2+",)),
        ("of <sup>14</sup>C here", ("of ¹⁴C here", "of 14C here")),
        ("R<sup>2</sup> = 1", ("R² = 1", "R^2 = 1")),
        ("(a+b)<sup>2</sup>", ("(a+b)²", "(a+b)^2")),
        ("2<sup>n</sup>", ("2^n",)),
        ("Mark<sup>TM</sup>", ("MarkTM",)),
        ("<code>a<sup>2</sup></code>", ("a2",)),
        ("<sup>1</sup>Department of Music", ("¹Department of Music", "1Department of Music")),
    ],
)
def test_what_is_raised_and_no_marker(markup: str, words: tuple[str, ...]) -> None:
    found = read(f"<p>{markup}</p>").markdown
    assert "[" not in found
    assert shown(found) in words


def test_affiliations_of_authors_are_no_markers() -> None:
    assert "[" not in body("<div class='contrib-group'>Jane Doe<sup>1</sup>, John Smith<sup>1,2</sup></div>")


LIST = "<h2>References</h2><ol><li id='r1'>One.</li><li id='r2'>Two.</li><li id='r3'>Three.</li></ol>"


@pytest.mark.parametrize(
    ("markup", "markdown", "remark"),
    [
        ("rose <a href='#r3'>3</a>.", "rose [3].", ""),
        ("rose<a href='#r3'><sup>3</sup></a>.", "rose [3].", ""),
        ("rose<sup><a href='#r1'>1</a>–<a href='#r3'>3</a></sup>.", "rose [1][2][3].", ""),
        ("rose [<a href='#r1'>1</a>, <a href='#r3'>3</a>].", "rose [1][3].", ""),
        ("rose (<a href='#r1'>1</a>, <a href='#r3'>3</a>).", "rose [1][3].", ""),
        ("rose (<a href='#r2'>Smith 2010</a>).", "rose (Smith 2010 [2]).", ""),
        ("<a href='#r2'>Smith</a> (<a href='#r2'>2010</a>) says", "Smith (2010 [2]) says", ""),
        ("rose <cite class='ltx_cite'>[<a href='#r2'>2</a>]</cite>.", "rose [2].", ""),
        ("rose <a href='#r2'>[7]</a>.", "rose [2].", "printed as 7, points to entry 2 of the source list"),
        ("rose <a href='#cite_note-9'>[9]</a>.", "rose [9].", "points to nothing on this page (#cite_note-9)"),
        ("rose<sup>8</sup>.", "rose [8].", "the source list has only 3 entries"),
        ("see section <a href='#s2'>2</a>.<span id=s2></span>", "see section 2.", ""),
    ],
)
def test_links_to_entries(markup: str, markdown: str, remark: str) -> None:
    found = read(f"<p>{markup}</p>{LIST}")
    assert found.markdown.strip() == markdown
    assert [entry.text for entry in found.entries] == ["One.", "Two.", "Three."]
    assert [one.why for one in found.remarks] == ([remark] if remark else [])


# -- source lists ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "markup",
    [
        "<h3>Sources</h3><ol><li>One.</li><li>Two.</li></ol>",
        "<h3>Bibliography</h3><ul><li>[1] One.</li><li>[2] Two.</li></ul>",
        "<h3>Works cited</h3><p>1. One.</p><p>2. Two.</p>",
        "<h3>References</h3><p>1. One.<br>2. Two.</p>",
        "<p><b>References</b></p><p>[1] One.</p><p>[2] Two.</p>",
        "<div class='heading'><h2 id='references'>References <a href='#references'>¶</a></h2></div><div>1. One.</div><div>2. Two.</div>",
        "<h2>Notes</h2><ol><li>One.</li><li>Two.</li></ol>",
        "<h2>Literature</h2><table><tr><td>[1]</td><td>One.</td></tr><tr><td>[2]</td><td>Two.</td></tr></table>",
        "<div id='refs' class='references csl-bib-body'><div class='csl-entry'><div class='csl-left-margin'>1. </div>One.</div>"
        "<div class='csl-entry'><div class='csl-left-margin'>2. </div>Two.</div></div>",
        "<aside class='footnotes' role='doc-endnotes'><hr><ol><li>One. <a href='#x'>↩︎</a></li><li>Two.<a href='#y'>↩</a></li></ol></aside>",
        "<footer><h2>References</h2><ol class='references'><li>One.</li><li>Two.</li></ol></footer>",
        "<section id='bib' class='ltx_bibliography'><h2>References</h2><ul class='ltx_biblist'>"
        "<li class='ltx_bibitem'><span>[1]</span> One.</li>"
        "<li class='ltx_bibitem'><span>[2]</span> Two.</li></ul></section>",
    ],
)
def test_source_lists(markup: str) -> None:
    found = read(f"<p>Prose.</p>{markup}")
    assert [entry.text for entry in found.entries] == ["One.", "Two."]
    assert found.markdown == "Prose.\n"
    assert not found.remarks


def test_the_list_that_markers_point_to_is_the_source_list() -> None:
    other = "<h2>Sources</h2><ul><li>Further.</li></ul>"
    found = read(f"<p>Rose.<a href='#r2'>2</a></p>{other}{LIST}")
    assert [entry.text for entry in found.entries] == ["One.", "Two.", "Three."]
    assert found.markdown == "Rose.[2]\n\n## Sources\n\n- Further.\n"


def test_entries_keep_links_and_tiers() -> None:
    found = read(
        "<p>A.</p><h2>Sources</h2><ol><li>Smith. <i>Choirs</i>. — <a href='https://e.org/a'>link</a><span class='tier'>T1</span></li>"
        "<li>Jones. <a href='https://www.google.com/url?q=https://e.org/b&amp;sa=D'>b</a> <a href='/c'>c</a> — linkT3</li></ol>"
    )
    assert [(entry.text, entry.links) for entry in found.entries] == [
        ("Smith. Choirs. — link T1", ("https://e.org/a",)),
        ("Jones. b c — linkT3", ("https://e.org/b",)),
    ]


def test_an_entry_printed_with_another_number_is_remarked_on() -> None:
    found = read("<p>A.</p><h2>Sources</h2><p>[1] One.</p><p>[4] Four.</p>")
    assert [remark.why for remark in found.remarks] == ["entry 2 of the source list is printed as number 4"]


def test_notes_in_prose_are_no_source_list() -> None:
    found = read("<p>A.</p><h2>Notes</h2><p>We were asked to write this.</p>")
    assert not found.entries
    assert "We were asked" in found.markdown


# -- pages as they are -------------------------------------------------------------------------------------------------------------

WIKIPEDIA = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Group singing - Wikipedia</title></head><body>
<header class="vector-header"><nav>Main page Contents</nav></header>
<main id="content" class="mw-body"><header class="mw-body-header">
<h1 id="firstHeading" class="firstHeading"><span class="mw-page-title-main">Group singing</span></h1>
<div id="p-lang-btn">3 languages</div></header>
<div id="bodyContent"><div id="siteSub" class="noprint">From Wikipedia, the free encyclopedia</div>
<div id="mw-content-text" class="mw-body-content"><div class="mw-content-ltr mw-parser-output" lang="en" dir="ltr">
<div class="shortdescription nomobile noexcerpt noprint" style="display:none">Singing in groups</div>
<div role="note" class="hatnote navigation-not-searchable">For the album, see <a href="/wiki/X">X</a>.</div>
<table class="infobox"><tbody><tr><th>Group singing</th></tr><tr><td>Type: art</td></tr></tbody></table>
<p><b>Group singing</b> raises mood.<sup id="cite_ref-Smith2010_1-0" class="reference"><a href="#cite_note-Smith2010-1"><span
 class="cite-bracket">&#91;</span>1<span class="cite-bracket">&#93;</span></a></sup><sup id="cite_ref-2" class="reference"><a
 href="#cite_note-2"><span class="cite-bracket">&#91;</span>2<span class="cite-bracket">&#93;</span></a></sup><sup
 class="reference nowrap"><span title="Page / location: 12">:&#8202;12&#8202;</span></sup> It is old.<sup
 class="noprint Inline-Template Template-Fact" style="white-space:nowrap;">&#91;<i><a href="/wiki/Wikipedia:Citation_needed"
 title="Wikipedia:Citation needed"><span title="x">citation needed</span></a></i>&#93;</sup> Some<sup id="cite_ref-3"
 class="reference"><a href="#cite_note-3">&#91;a&#93;</a></sup> disagree with <span class="mwe-math-element"><span
 class="mwe-math-mathml-inline mwe-math-mathml-a11y" style="display: none;"><math alttext="{\\displaystyle x}"><mi>x</mi></math></span><img
 src="x.svg" class="mwe-math-fallback-image-inline" alt="{\\displaystyle x}"></span>.</p>
<div class="mw-heading mw-heading2">
<h2 id="History">History</h2><span class="mw-editsection"><span
 class="mw-editsection-bracket">[</span><a href="/w/index.php?action=edit">edit</a><span>]</span></span></div>
<p>In choirs<sup class="reference"><a href="#cite_note-Smith2010-1">[1]</a></sup> of old.</p>
<figure typeof="mw:File/Thumb"><a href="/wiki/File:A.jpg"><img alt="A choir" src="a.jpg"></a><figcaption>A choir in <i>Leeds</i>.<sup
 class="reference"><a href="#cite_note-2">[2]</a></sup></figcaption></figure>
<div class="mw-heading mw-heading2"><h2 id="Notes">Notes</h2><span class="mw-editsection">[edit]</span></div>
<div class="mw-references-wrap">
<ol class="references" data-mw-group="lower-alpha"><li id="cite_note-3"><span
 class="mw-cite-backlink"><b><a href="#cite_ref-3">^</a></b></span> <span
 class="reference-text">Those who cannot sing.</span></li></ol></div>
<div class="mw-heading mw-heading2"><h2 id="References">References</h2><span class="mw-editsection">[edit]</span></div>
<style>.x{}</style><div class="reflist"><div class="mw-references-wrap"><ol class="references">
<li id="cite_note-Smith2010-1"><span class="mw-cite-backlink">^ <a href="#cite_ref-Smith2010_1-0"><sup><i><b>a</b></i></sup></a> <a
 href="#cite_ref-Smith2010_1-1"><sup><i><b>b</b></i></sup></a></span> <span class="reference-text"><style>x</style><cite
 id="CITEREFSmith2010" class="citation journal cs1">Smith, J. (2010). <a rel="nofollow" class="external text"
 href="https://example.org/a">"Choirs"</a>. <i>Music</i>. <a href="/wiki/Doi_(identifier)">doi</a>:<a class="external text"
 href="https://doi.org/10.1/x">10.1/x</a>.</cite><span title="ctx_ver=Z39.88" class="Z3988"></span></span></li>
<li id="cite_note-2"><span class="mw-cite-backlink"><b><a href="#cite_ref-2">^</a></b></span> <span
 class="reference-text">Jones 2011, p. 3.</span></li></ol></div></div>
<div class="mw-heading mw-heading2"><h2 id="External">External links</h2></div><ul><li><a href="https://x.org/(a)_b">X &amp; Y</a></li></ul>
<div role="navigation" class="navbox">Music genres</div>
</div></div></div></main></body></html>"""


def test_wikipedia() -> None:
    found = read(WIKIPEDIA)
    assert found.markdown == (
        "# Group singing\n\n**Group singing** raises mood.[1][2] It is old. Some disagree with `x`.\n\n"
        "## History\n\nIn choirs [1] of old.\n\nFigure: A choir in *Leeds*.[2]\n\n"
        "## External links\n\n- [X & Y](https://x.org/%28a%29_b)\n"
    )
    assert [(entry.text, entry.links) for entry in found.entries] == [
        ('Smith, J. (2010). "Choirs". Music. doi:10.1/x.', ("https://example.org/a", "https://doi.org/10.1/x")),
        ("Jones 2011, p. 3.", ()),
    ]
    reasons = why(found)
    assert reasons["[a]: Those who cannot sing."] == "marker of a note"
    assert reasons["Those who cannot sing."] == "note"
    assert reasons[": 12"] == "page of the source"
    assert "[citation needed]" in reasons
    assert reasons["Group singing Type: art"] == "infobox"
    assert reasons["For the album, see X."] == "hatnote"
    assert reasons["Music genres"] == "navigation"
    assert next(remark.line for remark in found.remarks if remark.why == "infobox") == 10


def test_pandoc() -> None:
    found = read(
        """<header id="title-block-header"><h1 class="title">Doc</h1></header>
        <p>One claim.<a href="#fn1" class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a> Two.<a href="#fn2"
        class="footnote-ref" id="fnref2" role="doc-noteref"><sup>2</sup></a></p>
        <section id="footnotes" class="footnotes footnotes-end-of-document" role="doc-endnotes"><hr />
        <ol><li id="fn1"><p>See <a href="https://e.org">e</a>.<a href="#fnref1" class="footnote-back" role="doc-backlink">↩︎</a></p></li>
        <li id="fn2"><p>Two.<a href="#fnref2" class="footnote-back" role="doc-backlink">↩︎</a></p></li></ol></section>"""
    )
    assert found.markdown == "# Doc\n\nOne claim.[1] Two.[2]\n"
    assert [(entry.text, entry.links) for entry in found.entries] == [("See e.", ("https://e.org",)), ("Two.", ())]
    assert not found.remarks


def test_wordpress() -> None:
    found = read(
        """<html><head><title>Choirs | My blog</title><meta property="og:title" content="Choirs"></head><body class="single">
        <header class="site-header"><h1 class="site-title">My blog</h1><nav><a href="/">Home</a></nav></header>
        <main><article><header class="entry-header"><h1 class="entry-title">Choirs</h1></header><div class="entry-content">
        <p>They help.<sup data-fn="a" class="fn"><a href="#a1" id="a1-link">1</a></sup></p>
        <figure class="wp-block-table"><table><tbody><tr><td>A</td><td>B</td></tr></tbody></table><figcaption>Sizes</figcaption></figure>
        <div class="sharedaddy">Share this</div>
        <ol class="wp-block-footnotes"><li id="a1">Smith. <a href="#a1-link" aria-label="Jump">↩︎</a></li></ol>
        </div></article><div id="comments" class="comments-area">Great post</div></main>
        <aside class="widget-area">Recent posts</aside><footer>Imprint</footer></body></html>"""
    )
    assert found.markdown == "# Choirs\n\nThey help.[1]\n\n| A | B |\n|---|---|\n\nTable: Sizes\n"
    assert [entry.text for entry in found.entries] == ["Smith."]
    assert set(why(found)) == {"My blog Home", "Share this", "Great post", "Recent posts", "Imprint"}


def test_google_docs() -> None:
    found = read(
        """<html><body class="c3 doc-content"><p class="c1 title"><span class="c2">Choirs</span></p>
        <p class="c1"><span class="c2">They help</span><sup><a href="#ftnt1" id="ftnt_ref1">[1]</a></sup><span>. More</span><sup><a
        href="#ftnt2" id="ftnt_ref2">[2]</a></sup><span>.</span></p>
        <hr class="c9"><div><p class="c5"><a href="#ftnt_ref1" id="ftnt1">[1]</a><span class="c1">&nbsp;Smith, </span><span><a
        href="https://www.google.com/url?q=https://e.org/s&amp;sa=D&amp;source=editors">link</a></span></p></div>
        <div><p class="c5"><a href="#ftnt_ref2" id="ftnt2">[2]</a><span class="c1">&nbsp;Jones.</span></p></div></body></html>"""
    )
    assert found.markdown == "Choirs\n\nThey help [1]. More [2].\n"
    assert [(entry.text, entry.links) for entry in found.entries] == [("Smith, link", ("https://e.org/s",)), ("Jones.", ())]


def test_word_filtered() -> None:
    found = read(
        b"""<html><head><meta http-equiv=Content-Type content="text/html; charset=windows-1252"><title>Choirs</title></head>
<body lang=EN-GB link=blue><div class=WordSection1><p class=MsoNormal>It\x92s so.<a href="#_ftn1" name="_ftnref1" title=""><span
class=MsoFootnoteReference><span class=MsoFootnoteReference><span lang=EN-GB style='font-size:12.0pt'>[1]</span></span></span></a> Sleep
too.<a href="#_ftn2" name="_ftnref2" title=""><span class=MsoFootnoteReference>[2]</span></a></p></div>
<div><br clear=all><hr align=left size=1 width="33%">
<div id=ftn1><p class=MsoFootnoteText><a href="#_ftnref1" name="_ftn1"
title=""><span class=MsoFootnoteReference>[1]</span></a> Smith.</p></div>
<div id=ftn2><p class=MsoFootnoteText><a href="#_ftnref2" name="_ftn2" title="">[2]</a> Jones.</p><p class=MsoFootnoteText>More.</p></div>
</div></body></html>"""
    )
    assert found.markdown == "# Choirs\n\nIt’s so.[1] Sleep too.[2]\n"
    assert [entry.text for entry in found.entries] == ["Smith.", "Jones. More."]


def test_pubmed_central() -> None:
    found = read(
        """<html><body><section id="ui-ncbiinpagenav"><nav>Nav</nav></section><main id="main-content"><article lang="en">
        <section class="front-matter"><h1>Singing and health</h1><div class="cg p">Jane Doe<sup>1</sup></div></section>
        <section class="body main-article-body"><section id="s1"><h2 class="pmc_sec_title">Background</h2>
        <p id="p1">Mood rose (<a href="#R1" class="usa-link" aria-describedby="R1">1</a>–<a href="#R3" class="usa-link">3</a>). Sleep
        [<a href="#R2" class="usa-link" aria-describedby="R2">2</a>]. See <a href="#T1">Table 1</a>.</p>
        <section class="tw xbox" id="T1"><h3>Table 1.</h3><div class="caption p"><p>Sizes.</p></div>
        <div class="tbl-box p"><table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table></div></section></section>
        <section id="ref-list1" class="ref-list"><h2 class="pmc_sec_title">References</h2><section id="ref-list1_sec2">
        <ul class="ref-list font-sm" style="list-style-type:none"><li id="R1"><span class="label">1.</span><cite>One A. Title.
        2010.</cite> [<a href="https://doi.org/10.1/a">DOI</a>] [<a href="https://pubmed.ncbi.nlm.nih.gov/1/">PubMed</a>]</li>
        <li id="R2"><span class="label">2.</span><cite>Two.</cite></li><li id="R3"><span class="label">3.</span><cite>Three.</cite></li>
        </ul></section></section></section></article></main></body></html>"""
    )
    assert "Mood rose [1][2][3]. Sleep [2]. See Table 1." in found.markdown
    assert found.entries[0].text == "One A. Title. 2010. [DOI] [PubMed]"
    assert found.entries[0].links == ("https://doi.org/10.1/a", "https://pubmed.ncbi.nlm.nih.gov/1/")
    assert len(found.entries) == 3
    assert "References" not in found.markdown


ENGINES = {
    "sphinx": (
        '<p>It rose <a class="footnote-reference brackets" href="#id2" id="id1"><span class="fn-bracket">[</span>1<span>]'
        '</span></a>.</p><aside class="footnote-list brackets"><aside class="footnote brackets" id="id2"><span class="label">'
        '<span>[</span><a role="doc-backlink" href="#id1">1</a><span>]</span></span><p>Smith.</p></aside></aside>',
        "It rose [1].",
    ),
    "github": (
        '<p>It rose<sup><a href="#user-content-fn-1" id="user-content-fnref-1" data-footnote-ref>1</a></sup>.</p><section data-footnotes'
        ' class="footnotes"><h2 id="footnote-label" class="sr-only">Footnotes</h2><ol><li id="user-content-fn-1"><p>Smith. <a'
        ' href="#user-content-fnref-1" data-footnote-backref class="data-footnote-backref">↩</a></p></li></ol></section>',
        "It rose [1].",
    ),
    "asciidoctor": (
        '<p>It rose.<sup class="footnote">[<a id="_footnoteref_1" href="#_footnotedef_1">1</a>]</sup></p><div id="footnotes">'
        '<hr><div class="footnote" id="_footnotedef_1"><a href="#_footnoteref_1">1</a>. Smith.</div></div>',
        "It rose.[1]",
    ),
    "libreoffice": (
        '<p>It rose<a class="sdfootnoteanc" name="sdfootnote1anc" href="#sdfootnote1sym"><sup>1</sup></a>.</p><div id="sdfootnote1"><p'
        ' class="sdfootnote"><a class="sdfootnotesym" name="sdfootnote1sym" href="#sdfootnote1anc">1</a> Smith.</p></div>',
        "It rose [1].",
    ),
    "python-markdown": (
        '<p>It rose.<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup></p><div class="footnote"><hr><ol><li id="fn:1">'
        '<p>Smith.&#160;<a class="footnote-backref" href="#fnref:1" title="Jump back">&#8617;</a></p></li></ol></div>',
        "It rose.[1]",
    ),
    "substack": (
        '<p>It rose.<a class="footnote-anchor" id="footnote-anchor-1" href="#footnote-1">1</a></p><div class="footnote"><a id="footnote-1"'
        ' href="#footnote-anchor-1" class="footnote-number">1</a><div class="footnote-content"><p>Smith.</p></div></div>',
        "It rose.[1]",
    ),
    "latexml": (
        '<p>It rose <cite class="ltx_cite">(Smith et al., <a href="#bib.bib1" class="ltx_ref">2010</a>)</cite>.</p><section'
        ' id="bib" class="ltx_bibliography"><h2>References</h2><ul class="ltx_biblist"><li id="bib.bib1" class="ltx_bibitem">'
        '<span class="ltx_tag">[1]</span><span class="ltx_bibblock">Smith.</span></li></ul></section>',
        "It rose (Smith et al., 2010 [1]).",
    ),
    "citeproc": (
        '<p>It rose <span class="citation" data-cites="a">(<a href="#ref-a" role="doc-biblioref">Smith 2010</a>)</span>.</p><div id="refs"'
        ' class="references csl-bib-body" role="list"><div id="ref-a" class="csl-entry" role="listitem">Smith.</div></div>',
        "It rose (Smith 2010 [1]).",
    ),
    "springer": (
        '<p>It rose<sup><a href="/articles/x#ref-CR1">1</a></sup>.</p><h2>References</h2><ol class="c-article-references">'
        '<li data-counter="1."><p id="ref-CR1">Smith.</p></li></ol>',
        "It rose [1].",
    ),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_footnotes_of_engines(engine: str) -> None:
    markup, markdown = ENGINES[engine]
    found = read(markup)
    assert found.markdown.strip() == markdown
    assert [entry.text for entry in found.entries] == ["Smith."]
    assert not found.remarks


# -- furniture, titles, encodings --------------------------------------------------------------------------------------------------


def test_nothing_goes_silently() -> None:
    found = read(
        "<body><nav>Menu here</nav><article><p>Prose <span hidden>secret</span>.</p><form>Search <input></form><img alt='A cat'>"
        "<p><a href='javascript:x()'>run</a></p><aside>Buy this</aside></article><div>Elsewhere</div><script>no</script></body>"
    )
    assert found.markdown == "Prose .\n\nrun\n"
    assert why(found) == {
        "Menu here": "navigation",
        "secret": "hidden",
        "Search": "form",
        "A cat": "text of a picture without a caption",
        "javascript:x() run": "link to javascript: left out",
        "Buy this": "aside",
        "Elsewhere": "outside the article",
    }


def test_a_form_around_the_whole_page_is_the_page() -> None:
    assert body("<body><form><div><p>All the prose of a page by an old server.</p></div></form></body>").startswith("All the prose")


@pytest.mark.parametrize(
    ("head", "markup", "title"),
    [
        ("<title>Site</title>", "<article><h1>Own</h1><p>a</p></article>", "# Own"),
        ("<title>Outer | Site</title>", "<div><h1>Outer</h1></div><article><p>a</p></article>", "# Outer"),
        ("<meta property='og:title' content='Open *g*'><title>Site</title>", "<p>a</p>", "# Open \\*g\\*"),
        ("<title>Site</title>", "<p>a</p>", "# Site"),
        ("", "<p>a</p>", "a"),
    ],
)
def test_titles(head: str, markup: str, title: str) -> None:
    assert read(f"<html><head>{head}</head><body>{markup}</body></html>").markdown.startswith(title)


@pytest.mark.parametrize(
    "data",
    [
        "<p>naïve “é”".encode(),
        "<p>naïve “é”".encode("cp1252"),
        "\ufeff<p>naïve “é”".encode("utf-16-le"),
        "\ufeff<p>naïve “é”".encode(),
        '<meta charset="iso-8859-1"><p>naïve “é”'.encode("cp1252"),
        '<meta charset="utf-16"><p>naïve “é”'.encode(),
        '<meta charset="hex"><p>naïve “é”'.encode(),
        '<?xml version="1.0" encoding="utf-8"?><p>naïve “é”'.encode(),
    ],
)
def test_encodings(data: bytes) -> None:
    assert read(data).markdown == "naïve “é”\n"


@pytest.mark.parametrize("data", [b"", b"   ", b"\x00\x01\xff", "<!-- x -->", "<html></html>", b"\xff\xfe\x00"])
def test_pages_without_text(data: bytes | str) -> None:
    found = read(data)
    assert found.markdown.strip("ÿ\ufffd\n ") == ""
    assert found.remarks or found.markdown


# -- harm --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag",
    ["div", "b", "ul", "blockquote", "sup", "a href='#x'", "table", "table><tr><td", "article", "header", "form", "dl><dd", "ol><li", "h2"],
)
def test_deep_nesting_is_no_danger(tag: str) -> None:
    started = time.monotonic()
    assert "kernel" in str(read(f"<{tag}>" * 10_000 + "kernel"))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "markup",
    [
        "<p>word<sup>1</sup> " * 20_000,
        "<h2>References</h2>" * 20_000 + "<p>x",
        "<h2>References</h2><p>x<div>" * 5_000,
        "<a href='#r'>1</a>" * 20_000,
        "<ol class='references'><li id=r>x</ol>" * 10_000,
        "<p>" + "<b>x</b>y " * 20_000,
        "<p>" + "[1], " * 20_000,
        "<p>" + "`*_[" * 40_000,
        "<dl>" + "<dt>a<dd>b" * 10_000,
        "<table>" + "<tr><td>a<td>b" * 10_000,
        "<p id=x>" * 20_000,
        "<div class='note'>" * 2_000 + "x",
    ],
)
def test_long_pages_take_no_long_time(markup: str) -> None:
    started = time.monotonic()
    read(markup)
    assert time.monotonic() - started < 20


_WORD = st.sampled_from("alpha beta gamma delta a*b x_y [3] [z] `q` <lt> & 1. - # + | ~ \\ ! LLM Ünï “quote” end. so? (par) 7 :".split())
_TEXT = st.lists(_WORD, max_size=4).map(lambda words: html.escape(" ".join(words)))
_SPACED = st.builds(lambda a, text, b: a + text + b, st.sampled_from(["", " ", "\n"]), _TEXT, st.sampled_from(["", " "]))
_INLINE = "b i em strong code a span sup sub cite q".split()
_BLOCKS = "p div ul ol li dl dt dd blockquote details table tr td th caption thead figure figcaption pre h1 h2 h3 section article".split()
_FURNITURE = "nav footer form aside header button noscript".split()
_ATTRIBUTES = st.sampled_from(
    ["", "", "", " class=note", " class=reference", " class=references", " id=r1", " href='#r1'", " href='https://e.org/'", " class=llm",
     " hidden", " class=hatnote", " rowspan=2 colspan=2", " role=main"]
)  # fmt: skip


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda tag, attributes, inner, tail: f"<{tag}{attributes}>{''.join(inner)}</{tag}>{tail}",
        st.sampled_from(_INLINE * 2 + _BLOCKS * 2 + _FURNITURE),
        _ATTRIBUTES,
        st.lists(children, max_size=4),
        _SPACED,
    )


_TREES = st.lists(st.recursive(_SPACED, _element, max_leaves=25), max_size=6).map("".join)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", text))


@settings(max_examples=400, deadline=None)
@given(_TREES)
def test_every_word_is_somewhere(markup: str) -> None:
    found = read(markup)
    told = " ".join([shown(found.markdown), *(entry.text for entry in found.entries), *(remark.text for remark in found.remarks)])
    cut = any(remark.text.endswith("…") for remark in found.remarks)
    visible = _words(html.unescape(re.sub(r"<[^>]*>", " ", markup)))
    lost = {word for word in visible if word not in told}
    assert cut or not lost, (lost, found)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["", "b", "i", "code", "a href='http://e.org/a'", "span"]), st.text(max_size=12)), max_size=8))
def test_a_line_reads_back_as_its_text(pieces: list[tuple[str, str]]) -> None:
    markup = "".join(f"<{tag}>{html.escape(text)}</{tag.split()[0]}>" if tag else html.escape(text) for tag, text in pieces)
    found = read(f"<div>x {markup}</div>").markdown
    expected = read(f"<div>x {re.sub(r'<[^>]*>', '', markup)}</div>").markdown
    assert re.sub(r"\s", "", shown(found)) == re.sub(r"\s", "", shown(expected))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/=\"' &;abliptdh123#!-[]sup\x00\n", max_size=200))
def test_no_page_raises(text: str) -> None:
    read(text)
    read(text.encode())


def test_markers_without_a_link_follow_the_numbers_that_the_list_prints() -> None:
    page = (
        "<article><h1>T</h1><p>It helps [2]. It falls.<sup>3</sup></p><h2>References</h2>"
        "<ol start=2><li>Smith, J. (2019). One.</li><li>Jones, A. (2020). Two.</li></ol></article>"
    )
    made = read(page)
    assert "It helps [1]. It falls.[2]" in made.markdown
    assert [remark.why for remark in made.remarks] == [f"entry {n} of the source list is printed as number {n + 1}" for n in (1, 2)]
