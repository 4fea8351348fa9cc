"""Markdown of others: nothing leaves but harmless tags, whatever somebody wrote."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awayteam.kernel import markdown
from awayteam.kernel.actor import ANONYMOUS
from awayteam.kernel.markdown import Reference, parse, to_html

TAGS = {
    *("a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}
CLASSES = {"md-table", "md-left", "md-center", "md-right", "md-plain", "md-person"}
calm = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ADA = Reference("/people/default/ada/", 'Ada "<b>', "person", 1)


class Judge(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            allowed = {"a": {"href", "title", "rel", "class"}, "ol": {"start"}}.get(tag, {"class"})
            assert name in allowed, (tag, name)
            if name == "href":
                assert value is not None
                self.links.append(value)
                assert value.lower().startswith(("http://", "https://", "mailto:")) or value == ADA.href
            if name == "class":
                assert value in CLASSES
        if tag == "a" and dict(attrs)["href"] != ADA.href:
            assert dict(attrs)["rel"] == "nofollow noopener"
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment in the page")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration in the page")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("an instruction in the page")


def judge(html: str) -> Judge:
    judged = Judge()
    judged.feed(html)
    judged.close()
    assert judged.open == []
    return judged


PIECES = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:1)",
        "[x](java\nscript:1)",
        "[x](data:text/html;base64,xx)",
        "![x](javascript:1)",
        "![x](http://x/y.png)",
        "<a@b.c>",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "<http://x>",
        'http://x/"onclick="y',
        "[x](http://x 't\"')",
        "[x](&#106;avascript:1)",
        "[x](//evil.org)",
        "[x](vbscript:1)",
        "@ada",
        "#17",
        "`",
        "```",
        "~~~ <b>",
        "*",
        "**",
        "_",
        "~~",
        "> ",
        "- ",
        "1. ",
        "99999999. ",
        "\n",
        "\n\n",
        "    ",
        "|a|b|\n|:-:|--:|\n|1|2|\n",
        "# ",
        "[",
        "]",
        "(",
        ")",
        "!",
        "\\",
        "&lt;",
        "&#0;",
        "<!-- x -->",
        "<?php ?>",
        "<![CDATA[x]]>",
        "</p>",
        "\u202e",
        "\0",
        " ",
        "a",
        "é",
        "http://",
        "https://x.org/a_(b)",
        "]( ",
        "<",
    ]
)


@calm
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=200))
def test_whatever_is_written_no_harm_leaves(text: str) -> None:
    for breaks in (True, False):
        judge(parse(text, breaks=breaks).html({"@ada": ADA}))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("# Title", "<h3>Title</h3>\n"),
        ("###### Small", "<h6>Small</h6>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("5. a", '<ol start="5">\n<li>a</li>\n</ol>\n'),
        ("```python\nx < y\n```", "<pre><code>x &lt; y\n</code></pre>\n"),
        (
            "see https://x.org/a_(b).",
            '<p>see <a href="https://x.org/a_(b)" rel="nofollow noopener">https://x.org/a_(b)</a>.</p>\n',
        ),
        ("![pic](https://x/y.png)", '<p><a href="https://x/y.png" rel="nofollow noopener">pic</a></p>\n'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("[x](/people/)", "<p>[x](/people/)</p>\n"),
        ("`@ada` and mail@ada.org and [@ada](http://x)", None),
    ],
)
def test_what_people_write_reads_well(text: str, html: str | None) -> None:
    made = to_html(text, {"@ada": ADA})
    judge(made)
    if html is None:
        assert ADA.href not in made
        assert parse(text).names == frozenset()
    else:
        assert made == html


def test_names_become_links_where_they_stand_for_something() -> None:
    text = "@ada, @ada: (#17) x#18 @nobody. https://x.org/@ada"
    assert parse(text).names == {"@ada", "#17", "@nobody"}
    html = parse(text).html({"@ada": ADA})
    assert html.count('<a class="md-person" href="/people/default/ada/" title="Ada &#34;&lt;b&gt;">@ada</a>') == 2
    assert judge(html).links == [ADA.href, ADA.href, "https://x.org/@ada"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi **@ada**, see `code` and [this](https://x.org)\nnow", "Hi @ada, see code and this now"),
        ("# Title\n\n- one\n- two\n\n> three", "Title one two three"),
        ("```\nx < y\n```\n\n![pic](https://x/y.png)", "x < y pic"),
        ("|a|b|\n|-|-|\n|1|2|", "a b 1 2"),
        ("<b>kept</b>", "<b>kept</b>"),
        ("[" * 3_000, "[" * 3_000),
    ],
    ids=lambda text: text[:9],
)
def test_a_quotation_has_the_words_without_the_signs(text: str, said: str) -> None:
    assert markdown.words(text) == said


def test_an_app_says_what_a_name_stands_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "_resolvers", {})
    asked: list[frozenset[str]] = []

    def numbers(actor: object, names: frozenset[str]) -> dict[str, Reference]:
        asked.append(names)
        return {"#17": Reference("/requests/17/", "Faster", "request", 17)}

    markdown.register("#", numbers)
    assert set(markdown.resolve(ANONYMOUS, {"#17", "#18", "@ada"})) == {"#17"}
    assert asked == [{"#17", "#18"}]
    assert markdown.resolve(ANONYMOUS, {"@ada"}) == {}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000, "![" * 10_000, "*a " * 7_000, "**a" * 7_000, ">" * 20_000, "`a``b```c" * 2_000, "[a](" * 5_000,
        "|a" * 3_000 + "\n" + "|-" * 3_000 + "\n" + "|b\n" * 2_000, "@a." * 7_000, "http://a" * 2_500 + ")" * 100,
        "<" * 20_000, "&#" * 10_000, "_a_" * 6_000, "[a]: x\n" * 3_000, "> - " * 5_000, "~~a" * 6_000,
        "http://" + "a)" * 9_000, "x" * 200_000, "@" + "a" * 40_000, "".join(" " * n + "- a\n" for n in range(250)),
    ],
    ids=lambda text: text[:6].strip(),
)  # fmt: skip
def test_hostile_texts_take_no_time(text: str) -> None:
    parse.cache_clear()
    began = time.process_time()
    html = to_html(text)
    assert time.process_time() - began < 1.5
    judge(html)
