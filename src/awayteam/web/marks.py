"""Small drawn things: icons, the mark of a team, shapes of states, and addresses of static files."""

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from markupsafe import Markup, escape

from awayteam.kernel.pages import hue

ICONS = Path(__file__).parent / "static" / "vendor" / "icons"
SHAPES = {
    "disc": '<circle cx="6" cy="6" r="4.5" fill="currentColor"/>',
    "ring": '<circle cx="6" cy="6" r="3.75" fill="none" stroke="currentColor" stroke-width="1.5"/>',
    "half": '<circle cx="6" cy="6" r="3.75" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    '<path d="M6 2.25a3.75 3.75 0 0 1 0 7.5z" fill="currentColor"/>',
    "dashed": '<circle cx="6" cy="6" r="3.75" fill="none" stroke="currentColor" stroke-width="1.5" '
    'stroke-dasharray="2 2"/>',
    "cross": '<path d="M2.5 2.5l7 7m0-7l-7 7" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "triangle": '<path d="M6 1.5l5 9h-10z" fill="currentColor"/>',
    "square": '<path d="M2 2h8v8h-8z" fill="currentColor"/>',
    "flag": '<path d="M2.5 1v10M2.5 1.8h7l-2 2.6 2 2.6h-7" fill="none" stroke="currentColor" stroke-width="1.5"/>',
}


@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> Markup:
    """One of the vendored icons, drawn into the page; with `label` it speaks, without it is decoration.

    Raises `FileNotFoundError` for a name that vendor.toml doesn't list.
    """
    text = (ICONS / f"{name}.svg").read_text()
    inner = re.sub(r"\s+", " ", text[text.index(">") + 1 : text.rindex("</svg>")]).strip()
    inner = inner.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "").strip()
    spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(  # noqa: S704 - the drawing is our own file
        f'<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" {spoken}>{inner}</svg>'
    )


@lru_cache(maxsize=64)
def shape(name: str) -> Markup:
    """The shape of a state; its word stands beside it."""
    return Markup(f'<svg class="shape" viewBox="0 0 12 12" aria-hidden="true">{SHAPES[name]}</svg>')  # noqa: S704


def letters(name: str) -> str:
    """Two letters for a name: of its first two words, else its first two."""
    words: list[str] = re.findall(r"[^\W_]+", name)
    if not words:
        return "?"
    return (words[0][0] + words[1][0] if len(words) > 1 else words[0][:2]).upper()


@lru_cache(maxsize=4096)
def mark(ref: str, name: str, kind: str = "team") -> Markup:
    """The mark of a team (square), a unit (square, outlined) or a person (round). The name stands beside it.

    A person's colour follows the name, since the frame knows the person who is signed in by that alone.
    """
    return Markup('<span class="sign sign-{} hue-{}" aria-hidden="true">{}</span>').format(
        kind, hue(name if kind == "person" else ref), letters(name)
    )


def static(path: str) -> str:
    """The address of a static file, with the hash of its content. Raises `FileNotFoundError` for an unknown one."""
    return _version(path) if settings.DEBUG else _versioned(path)


def _version(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        raise FileNotFoundError(f"static file {path}")
    digest = hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


@lru_cache(maxsize=256)
def _versioned(path: str) -> str:
    return _version(path)
