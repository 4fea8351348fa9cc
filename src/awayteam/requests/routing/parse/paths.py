"""Paths as traces, logs and people write them, brought to `folder/file`; and which of them are nobody's here."""

import re

from awayteam.requests.routing.parse.findings import LONGEST_VALUE

DRIVE = re.compile(r"[A-Za-z]:(?=[\\/])")
SCHEME = re.compile(r"(?:file|webpack|webpack-internal|app|capacitor|ng|vite|turbopack):/{2,4}")
WEB = re.compile(r"https?://[^/\s]{1,300}/")
QUERY = re.compile(r"[?#].*\Z", re.DOTALL)
_ENDINGS = (
    "c cc cpp cs cxx dart ex exs go groovy h hh hpp java js jsx kt kts lua m mjs cjs mm php pl proto py "
    "pyx rb rs scala sql svelte swift tf ts tsx vue yaml yml "
)
SOURCE = frozenset(_ENDINGS.split())
"""Endings of files that teams own."""

_LIBRARY_PARTS = frozenset(
    {
        "site-packages", "dist-packages", "node_modules", "bower_components", "rustlib", "gems", ".cargo", ".rustup",
        "deps", "vendor", "third_party", "external", "jetbrains.kotlin", "pods", "carthage",
    }
)  # fmt: skip
_PYTHON = re.compile(r"(?:^|/)(?:python|pypy)\d(?:\.\d{1,2})?(?:/|\.zip/)")
_FROZEN = re.compile(r"<(?:frozen|string|stdin|unknown|anonymous|built-in)")
_SYSTEM = (
    "/usr/lib/", "/usr/local/lib/", "/usr/local/go/src/", "/usr/include/", "/rustc/", "/build/glibc", "node:",
    "/opt/java/", "/lib/", "/lib64/", "./csu/", "../csu/", "../sysdeps/", "./nptl/",
)  # fmt: skip
_NODE_INSIDE = re.compile(r"(?:node:)?internal/(?:main|modules|process|streams|timers|util|url|crypto|bootstrap|deps)/")
_NODE_CORE = re.compile(
    r"(?:node:)?(?:internal/)?(?:events|net|stream|timers|fs|http|https|_http_\w+|tls|module|domain|process|vm)\.js\Z"
)


def tidy(text: str) -> str:
    """A path with `/`, without scheme, drive, host, query, and steps to parent folders: `src/orders/views.py`."""
    text = text.strip().strip("'\"`()[]<>,;")[:LONGEST_VALUE]
    text = QUERY.sub("", text) if "?" in text or "#" in text else text
    if SCHEME.match(text):
        text = SCHEME.sub("", text, count=1)
    text = WEB.sub("", text, count=1) if text.startswith("http") else text
    text = DRIVE.sub("", text, count=1).replace("\\", "/")
    jar = text.rfind("!/")
    text = text[jar + 2 :] if jar >= 0 else text
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", ".", "~", "_N_E", "(rsc)", "(ssr)", "(app-pages-browser)"):
            parts.append(part)
    return "/".join(parts)


def without_module_version(path: str) -> str:
    """A path in Go's module cache without versions: `example.com/a@v1.2.3/b.go` is `example.com/a/b.go`."""
    if "@" not in path:
        return path
    return "/".join(part.split("@")[0] if "@v" in part else part for part in path.split("/"))


def is_library(raw: str) -> bool:
    """Whether a file belongs to a standard or third-party library, by where it lies."""
    text = raw.replace("\\", "/")
    if _FROZEN.match(text) or text.startswith(_SYSTEM) or _NODE_CORE.match(text) or _NODE_INSIDE.match(text):
        return True
    if "/pkg/mod/" in text or "/go/src/runtime/" in text or "/.cargo/registry/" in text:
        return True
    low = text.lower()
    return bool(_PYTHON.search(low)) or not _LIBRARY_PARTS.isdisjoint(low.split("/")[:-1])


def has_source_ending(path: str) -> bool:
    """Whether a path ends as a file that teams own."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() in SOURCE and "." in name


def module_root(path: str) -> str:
    """`organisation/name` where a path begins with a module of a forge (`github.com/acme/shop/...`), else ""."""
    parts = path.split("/")
    for place, part in enumerate(parts[:8]):
        if part in ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org") and len(parts) > place + 2:
            return f"{parts[place + 1]}/{parts[place + 2].split('@')[0].removesuffix('.git')}".lower()
    return ""


def vanity_module(path: str) -> tuple[str, ...]:
    """Names that the repository of a Go import path may have: of `knative.dev/serving/pkg/x.go` "serving" and "pkg"."""
    parts = path.split("/")
    for place, part in enumerate(parts[:8]):
        if "." in part and not part.startswith(".") and place + 1 < len(parts) and part.rpartition(".")[2].isalpha():
            if part.rpartition(".")[2].lower() in SOURCE:
                return ()
            return tuple(one.split("@")[0].lower() for one in parts[place + 1 : place + 3])
    return ()
