"""Operations that were called, and topics, to the APIs that offer them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from awayteam.catalog.models import ApiOperation
from awayteam.duplicates.alike.intents import intent, is_boilerplate
from awayteam.requests.routing.index.keys import HOLE, number, procedure, shapes_of_path
from awayteam.requests.routing.match.results import Hit
from awayteam.requests.routing.models import OperationKey
from awayteam.requests.routing.parse import Finding, Kind

MOST_SHAPES = 3_000
MOST_ROWS = 2_000
MOST_SHARED = 6
BOILERPLATE = 0.1
OTHER_VERB = 0.6


def _shapes(one: Finding) -> Iterator[tuple[str, float]]:
    """The keys of an operation with how surely: the more words of the template are there, the surer."""
    if one.kind is Kind.TOPIC:
        yield f"topic {one.value.lower()}", 1.0
    elif one.kind is Kind.NAME and len(one.value) > 6:
        yield f"name {one.value}", 1.0
    elif one.kind is Kind.OPERATION and one.detail == "rpc":
        short, whole = procedure(one.value)
        yield f"rpc {whole}", 1.0
        if short != whole:
            yield f"rpc {short}", 0.8
    elif one.kind is Kind.OPERATION:
        path = one.value.partition(" ")[2]
        length = len([part for part in path.split("/") if part])
        for shape in shapes_of_path(path):
            parts = shape.split("/")[1:]
            words = sum(part != HOLE for part in parts)
            if words:
                yield f"path {shape}", (0.5 + 0.5 * words / len(parts)) * len(parts) / length


def hits(findings: Sequence[Finding]) -> list[Hit]:
    """APIs by what was called; two statements."""
    wanted: dict[int, list[tuple[Finding, float]]] = defaultdict(list)
    for one in findings:
        if len(wanted) > MOST_SHAPES:
            break
        for shape, strength in _shapes(one):
            wanted[number(shape)].append((one, strength))
    if not wanted:
        return []
    rows = OperationKey.objects.filter(shape__in=list(wanted)[:MOST_SHAPES])
    by_finding: dict[Finding, list[tuple[float, int]]] = defaultdict(list)
    for key, operation in rows.values_list("shape", "operation_id")[:MOST_ROWS]:
        for one, strength in wanted[key]:
            by_finding[one].append((strength, operation))
    known = ApiOperation.objects.in_bulk({pk for rows_ in by_finding.values() for _, pk in rows_})
    return [hit for one, rows_ in by_finding.items() for hit in _best(one, rows_, known)]


def _best(one: Finding, rows: Sequence[tuple[float, int]], known: dict[int, ApiOperation]) -> Iterator[Hit]:
    verb = one.value.partition(" ")[0] if one.detail != "rpc" and one.kind is Kind.OPERATION else ""
    scored: dict[int, tuple[float, ApiOperation]] = {}
    for strength, pk in rows:
        operation = known.get(pk)
        if operation is None:
            continue
        sure = strength * (1.0 if not verb or operation.verb.upper() == verb else OTHER_VERB)
        what = intent(operation.verb, operation.path, operation.key, operation.name)
        sure *= BOILERPLATE if not what or is_boilerplate(what) else 1.0
        had = scored.get(operation.api_id)
        if had is None or sure > had[0]:
            scored[operation.api_id] = (sure, operation)
    most = max((sure for sure, _ in scored.values()), default=0.0)
    near = {api: row for api, row in scored.items() if row[0] > 0.95 * most}
    if len(near) <= MOST_SHARED:
        for api, (sure, operation) in near.items():
            yield Hit(one, sure / len(near), f"it offers {operation.key[:120]}", entity_id=api)
