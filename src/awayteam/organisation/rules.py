"""The organisation's rules as pure functions."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from awayteam.kernel.errors import InvalidInput


class ParentClaim(NamedTuple):
    """That `child` stands below `parent`; `own` when the child says so itself, else the parent (or another) does."""

    child: int
    parent: int
    own: bool


class DroppedParent(NamedTuple):
    """A claim that isn't followed, and why."""

    claim: ParentClaim
    reason: str


def tree(claims: Iterable[ParentClaim]) -> tuple[dict[int, int], list[DroppedParent]]:
    """The one parent of each team, and the claims that can't be followed.

    A child's own word counts before others', then the lower id. Where parents form a circle, the edge from the lowest
    id in it is dropped, so that the answer doesn't depend on the order of reading.
    """
    parents: dict[int, int] = {}
    dropped: list[DroppedParent] = []
    chosen: dict[int, ParentClaim] = {}
    for claim in sorted(set(claims), key=lambda claim: (claim.child, not claim.own, claim.parent)):
        if claim.child == claim.parent:
            dropped.append(DroppedParent(claim, "is its own parent"))
        elif claim.child in parents and parents[claim.child] != claim.parent:
            dropped.append(DroppedParent(claim, "has another parent already"))
        elif claim.child not in parents:
            parents[claim.child] = claim.parent
            chosen[claim.child] = claim
    for child in _circle_openers(parents):
        del parents[child]
        dropped.append(DroppedParent(chosen[child], "stands below itself"))
    return parents, dropped


def _circle_openers(parents: Mapping[int, int]) -> list[int]:
    """The lowest id of every circle."""
    done: set[int] = set()
    openers = []
    for start in sorted(parents):
        path: list[int] = []
        places: dict[int, int] = {}
        node: int | None = start
        while node is not None and node not in done and node not in places:
            places[node] = len(path)
            path.append(node)
            node = parents.get(node)
        if node is not None and node in places:
            openers.append(min(path[places[node] :]))
        done.update(path)
    return openers


def descendants(parents: Mapping[int, int], root: int) -> set[int]:
    """`root` and everything below it."""
    children: dict[int, list[int]] = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found, queue = {root}, [root]
    while queue:
        for child in children.get(queue.pop(), []):
            if child not in found:
                found.add(child)
                queue.append(child)
    return found


MAX_REASON = 2_000


def require_reason(reason: str) -> None:
    """A change by a person says why; raises `InvalidInput` otherwise."""
    if not reason.strip():
        raise InvalidInput("Say why, for those who come later.", fields={"reason": "missing"})
    if "\0" in reason or len(reason) > MAX_REASON:
        raise InvalidInput(f"A reason has at most {MAX_REASON} characters.", "Shorten it.", {"reason": "too long"})
