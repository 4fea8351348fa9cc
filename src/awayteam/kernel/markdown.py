"""Markdown that people wrote, as HTML that can do no harm: no raw HTML, links to the web and to mail addresses only.

What stands for something here (`@ada`, `@orders`, `#17`) becomes a link where an app says what it stands for:

    markdown.register("#", _requests)      # in App.register()

    def _requests(actor: Actor, names: frozenset[str]) -> dict[str, Reference]:
        ...  # {"#17": Reference("/requests/17/", "Faster basket", "request", 17)}, only what the actor may see

A page that shows many texts parses them all, resolves their names at once, and then renders each.
"""

# ruff: noqa: ARG002 - methods of the renderer take what the library hands them

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

from awayteam.kernel.actor import Actor
from awayteam.kernel.registries import Registry

LONGEST = 50_000
MOST_BRACKETS = 2_000
MOST_CELLS = 20_000
"""Characters, opening brackets, and table cells of a text; with more it is shown as it was written, since reading it
could take longer than any page should."""

DEEPEST = 20
"""Levels of lists and quotes within each other; what is deeper is text."""

FIRST_HEADING = 3
"""The level of `# Heading`: a text stands below the titles of its page."""

WEB = re.compile(r"(?:https?://[^\s/]|mailto:[^\s/])", re.IGNORECASE)
PIECES = re.compile(
    r"(?P<web>\bhttps?://[^\s<>\"'`]{1,2000})"
    r"|(?<![\w/@#&.:+-])(?P<name>@[A-Za-z0-9](?:[\w.:/-]{0,120}[A-Za-z0-9_])?|#[0-9]{1,12}\b)(?!@)",
    re.ASCII,
)
CLOSERS = ".,;:!?)]}'*_~"
ALIGN = {"text-align:left": "md-left", "text-align:center": "md-center", "text-align:right": "md-right"}


@dataclass(frozen=True, slots=True)
class Reference:
    """What a name in a text stands for: the address of its page, its title, and which thing it is."""

    href: str
    title: str
    kind: str
    id: int


Tokens = Sequence[Token]
Resolver = Callable[[Actor, frozenset[str]], Mapping[str, Reference]]
_resolvers: Registry[str, Resolver] = Registry()


def register(sign: str, resolver: Resolver) -> None:
    """Ask `resolver` for names that begin with `sign` ("@" or "#"); it gives only what the actor may see."""
    _resolvers[sign] = resolver


def resolve(actor: Actor, names: Iterable[str]) -> dict[str, Reference]:
    """What these names stand for, as far as they stand for anything that the actor may see."""
    wanted = frozenset(names)
    found: dict[str, Reference] = {}
    for sign, resolver in _resolvers.items():
        mine = frozenset(name for name in wanted if name.startswith(sign))
        if mine:
            found.update(resolver(actor, mine))
    return found


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text that was read: the names in it as written, and its HTML once it is known what they stand for."""

    names: frozenset[str]
    tokens: Sequence[Token]
    plain: str | None = None
    breaks: bool = True

    def html(self, references: Mapping[str, Reference] | None = None) -> Markup:
        if self.plain is not None:
            return Markup('<p class="md-plain">{}</p>').format(self.plain)
        made = _reader(self.breaks)
        return Markup(made.renderer.render(self.tokens, made.options, {"references": references or {}}))  # noqa: S704 - rendered from tokens without raw HTML


@lru_cache(maxsize=256)
def parse(text: str, *, breaks: bool = True) -> Parsed:
    """Read a text. With `breaks` a new line is one, as people expect of comments; documents go without."""
    if _is_too_much(text):
        return Parsed(frozenset(), (), text)
    tokens = _reader(breaks).parse(text)
    return Parsed(frozenset(_names(tokens)), tokens, None, breaks)


def _is_too_much(text: str) -> bool:
    if len(text) > LONGEST or text.count("[") > MOST_BRACKETS:
        return True
    lines = text.split("\n")
    return max(line.count("|") for line in lines) * len(lines) > MOST_CELLS


def to_html(text: str, references: Mapping[str, Reference] | None = None, *, breaks: bool = True) -> Markup:
    """A text as HTML; as a filter of templates: `{{ text | markdown }}`."""
    return parse(text, breaks=breaks).html(references)


def words(text: str) -> str:
    """What a text says, in one line and without its signs: for quoting it where Markdown isn't shown."""
    parsed = parse(text)
    if parsed.plain is not None:
        return " ".join(text.split())
    said: list[str] = []
    for token in parsed.tokens:
        for one in token.children or (token,):
            said.append(" " if one.type in {"softbreak", "hardbreak"} or one is token else "")
            said.append(one.content if one.type != "inline" else "")
        said.append(" ")
    return " ".join("".join(said).split())


def _names(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        for child in token.children or ():
            if child.type == "text" and child.meta.get("free"):
                yield from (match["name"] for match in PIECES.finditer(child.content) if match["name"])


@cache
def _reader(breaks: bool) -> MarkdownIt:
    made = MarkdownIt(
        "js-default", {"html": False, "linkify": False, "breaks": breaks, "maxNesting": DEEPEST}, renderer_cls=_Renderer
    )
    made.validateLink = _may_link  # type: ignore[method-assign]
    made.core.ruler.push("free_text", _mark_free_text)
    return made


def _may_link(url: str) -> bool:
    return WEB.match(url) is not None


def _mark_free_text(state: StateCore) -> None:
    """Say of each piece of text whether it stands outside of links, so that names in it may become some."""
    for token in state.tokens:
        depth = 0
        for child in token.children or ():
            depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type == "text":
                child.meta["free"] = depth == 0


class _Renderer(RendererHTML):
    """Only the tags and attributes that docs/notifications.md lists ever leave here."""

    def text(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        if not token.meta.get("free"):
            return str(escape(token.content))
        return "".join(_pieces(token.content, env.get("references", {})))

    def link_open(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        return _anchor(str(token.attrGet("href") or ""), str(token.attrGet("title") or ""))

    def image(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        """Images become links: nobody's browser fetches what somebody else put into a comment."""
        token = tokens[idx]
        source = str(token.attrGet("src") or "")
        words = self.renderInlineAsText(token.children or [], options, env) or source
        return f"{_anchor(source)}{escape(words)}</a>"

    def fence(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        return f"<pre><code>{escape(tokens[idx].content)}</code></pre>\n"

    code_block = fence

    def heading_open(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        return f"<{_heading(tokens[idx])}>"

    def heading_close(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        return f"</{_heading(tokens[idx])}>\n"

    def th_open(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        """Alignment as a class, since the policy of our pages refuses styles within them."""
        token = tokens[idx]
        aligned = ALIGN.get(str(token.attrGet("style") or ""), "")
        return f'<{token.tag} class="{aligned}">' if aligned else f"<{token.tag}>"

    td_open = th_open

    def table_open(self, tokens: Tokens, idx: int, options: Any, env: Any) -> str:
        return '<table class="md-table">\n'


def _heading(token: Token) -> str:
    return f"h{min(int(token.tag[1:]) + FIRST_HEADING - 1, 6)}"


def _anchor(href: str, title: str = "") -> str:
    told = Markup(' title="{}"').format(title) if title else ""
    return Markup('<a href="{}"{} rel="nofollow noopener">').format(href, told)


def _pieces(text: str, references: Mapping[str, Reference]) -> Iterable[str]:
    at = 0
    for match in PIECES.finditer(text):
        made, end = (_web(match["web"]), match.start()) if match["web"] else ("", match.start())
        if match["web"]:
            end += len(_bare(match["web"]))
        elif (known := references.get(match["name"])) is not None:
            made = Markup('<a class="md-{}" href="{}" title="{}">{}</a>').format(
                known.kind, known.href, known.title, match["name"]
            )
            end = match.end()
        if made:
            yield str(escape(text[at : match.start()]))
            yield made
            at = end
    yield str(escape(text[at:]))


def _bare(url: str) -> str:
    """An address without the punctuation of the sentence around it; brackets that open in it may close in it."""
    while url and url[-1] in CLOSERS:
        opener = {")": "(", "]": "[", "}": "{"}.get(url[-1])
        if opener and url.count(opener) >= url.count(url[-1]):
            break
        url = url[:-1]
    return url


def _web(url: str) -> str:
    bare = _bare(url)
    return Markup("{}{}</a>").format(Markup(_anchor(bare)), bare) if _may_link(bare) else ""  # noqa: S704 - made by _anchor
