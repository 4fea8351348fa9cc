"""Circles among things that need each other."""

from collections.abc import Iterable, Mapping


def circles(needs: Mapping[int, Iterable[int]]) -> list[list[int]]:
    """Every set of ids that need each other all around, each beginning with its lowest id; sorted.

    Strongly connected components by Tarjan's method ("Depth-first search and linear graph algorithms", SIAM Journal on
    Computing 1, 1972), without recursion. Ids that aren't keys are passed over.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in sorted(needs):
        if root in index:
            continue
        work = [(root, iter(sorted(set(needs[root]))))]
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            for other in rest:
                if other not in needs:
                    continue
                if other not in index:
                    work.append((other, iter(sorted(set(needs[other])))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = _pop_group(stack, on_stack, node)
                    if len(group) > 1 or node in needs[node]:
                        found.append(sorted(group))
    return sorted(found)


def _pop_group(stack: list[int], on_stack: set[int], node: int) -> list[int]:
    group: list[int] = []
    while not group or group[-1] != node:
        group.append(stack.pop())
        on_stack.discard(group[-1])
    return group


def way(needs: Mapping[int, Iterable[int]], start: int, goal: int) -> list[int] | None:
    """The shortest way of needs from `start` to `goal`, both included; None where there is none."""
    came: dict[int, int | None] = {start: None}
    ahead = [start]
    while ahead and goal not in came:
        further = []
        for node in ahead:
            for other in sorted(set(needs.get(node, ()))):
                if other not in came:
                    came[other] = node
                    further.append(other)
        ahead = further
    if goal not in came:
        return None
    path: list[int] = []
    step: int | None = goal
    while step is not None:
        path.append(step)
        step = came[step]
    return path[::-1]
