"""The neighbourhood as a drawing: the server lays out, Cytoscape only draws, and a table says the same."""

from collections import defaultdict
from typing import Any

from awayteam.catalog.queries import Neighbourhood, Node
from awayteam.kernel.pages import hue, thing_address

COLUMN, ROW = 310, 56
"""Distance of layers and of nodes within a layer, in pixels."""
LONGEST = 26
"""Characters that fit into a node."""
OWNABLE = frozenset(("API", "Component", "Resource"))


def drawing(around: Neighbourhood, owner: str) -> dict[str, Any]:
    """`graph`: nodes with positions and edges, for the script; `rows`: (consumer, relation, provider) for the table.

    `owner` is the name of the owner of the one in the middle, "" where it has none.
    """
    places = positions(around.nodes)
    labels = {node.entity.id: node.entity for node in around.nodes}
    nodes = [
        {
            "id": str(node.entity.id),
            "label": _label(node, owner if node.entity.id == around.centre else ""),
            "kind": node.entity.kind.lower(),
            "type": node.type,
            "hue": hue(node.owner.ref) if node.owner else -1,
            "missing": node.entity.is_missing,
            "centre": node.entity.id == around.centre,
            "href": thing_address(node.entity.ref),
            "x": places[node.entity.id][0],
            "y": places[node.entity.id][1],
        }
        for node in around.nodes
    ]
    edges = [
        {
            "id": f"{edge.source}-{edge.target}-{int(edge.type)}",
            "source": str(edge.source),
            "target": str(edge.target),
            "label": ", ".join(api.label for api in edge.via) or edge.label,
        }
        for edge in around.edges
    ]
    known = [edge for edge in around.edges if edge.source in labels and edge.target in labels]
    rows = [(labels[edge.source], edge.label, edge.via, labels[edge.target]) for edge in known]
    return {"graph": {"nodes": nodes, "edges": edges}, "rows": rows}


def _label(node: Node, centre_owner: str) -> str:
    """Two lines: what it is called, and who owns it."""
    owner = centre_owner or (node.owner.label if node.owner else "")
    if not owner:
        owner = "nobody owns it" if node.entity.kind in OWNABLE else node.type
    return f"{_cut(node.entity.label)}\n{_cut(owner)}" if owner else _cut(node.entity.label)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def positions(nodes: list[Node]) -> dict[int, tuple[int, int]]:
    """Layers from left (consumers) to right (providers); within a layer the most connected in the middle."""
    layers: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        layers[node.layer].append(node)
    places: dict[int, tuple[int, int]] = {}
    for layer, some in layers.items():
        some.sort(key=lambda node: (-node.degree, node.entity.label.casefold()))
        for rank, node in enumerate(some):
            step = (rank + 1) // 2 * (1 if rank % 2 else -1)
            places[node.entity.id] = (layer * COLUMN, step * ROW)
    return places
