"""Resources as files that Envoy watches: written aside and renamed, and only where they changed."""

import os
from pathlib import Path

import orjson

from awayteam.quotas.envoy.plain import Plan
from awayteam.quotas.envoy.resources import Tree, scoped_routes, unlimited

SCOPES = "scopes.json"


def write_scopes(plan: Plan, folder: Path) -> bool:
    """Put the limits of a plan in force; True where that changed anything. Raises `OSError`."""
    return replace(folder / SCOPES, orjson.dumps(scoped_routes(plan)))


def write_first(plan: Plan, folder: Path) -> bool:
    """Before limits are known: what the rulebook says of that, unless a former run left limits here."""
    path = folder / SCOPES
    return not path.exists() and replace(path, orjson.dumps(unlimited(plan)))


def write_tree(path: Path, tree: Tree) -> bool:
    return replace(path, orjson.dumps(tree, option=orjson.OPT_INDENT_2) + b"\n")


def replace(path: Path, content: bytes) -> bool:
    """Put a file in place in one step, readable by its owner only (a bootstrap may hold a token)."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return True
