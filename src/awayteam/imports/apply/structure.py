"""What only shows when the whole organisation is seen: the tree of teams, and claims that contradict each other."""

from typing import NamedTuple

from django.db import connection

from awayteam.imports.apply.session import Session
from awayteam.kernel import bulk
from awayteam.organisation import rules
from awayteam.organisation.models import Team
from awayteam.organisation.rules import DroppedParent, ParentClaim
from awayteam.sources.declared import RelationType
from awayteam.sources.models import Finding

SCOPE = "organisation"

EDGES_SQL = """
SELECT child.team_id, parent.team_id, r.declared_by_id = r.source_id
FROM catalog_entity child
JOIN catalog_relation r ON r.source_id = child.id AND r.type = %s
JOIN catalog_entity parent ON parent.id = r.target_id
WHERE child.team_id IS NOT NULL AND parent.team_id IS NOT NULL
"""

CONFLICTS_SQL = """
SELECT claimant.ref, claimant.source_id, claimant.file_id, claimant.document_index, claimant.line,
       c.provider, c.value, holder.ref
FROM imports_identityclaim c
JOIN organisation_identity i ON i.provider = c.provider AND i.value_key = c.value_key AND i.person_id <> c.person_id
JOIN catalog_entity claimant ON claimant.id = c.entity_id
JOIN organisation_person holder ON holder.id = i.person_id
ORDER BY claimant.ref, c.provider, c.value_key
"""


class Place(NamedTuple):
    """Where the finding belongs."""

    source_id: int
    file_id: int | None
    document: int | None
    line: int | None


def arrange() -> list[DroppedParent]:
    """Set every team's parent from what is declared; returns the claims that can't be followed."""
    with connection.cursor() as cursor:
        cursor.execute(EDGES_SQL, [RelationType.CHILD_OF.value])
        claims = [ParentClaim(child, parent, bool(own)) for child, parent, own in cursor.fetchall()]
    teams = list(Team.objects.order_by("ref").values_list("pk", "parent_id"))
    current = dict(teams)
    parents, dropped = _tree(claims, [id for id, _parent in teams])
    changed = [(id, parents.get(id)) for id, parent in sorted(current.items()) if parents.get(id) != parent]
    bulk.update(Team, ["parent_id"], changed)
    return dropped


def _tree(claims: list[ParentClaim], order: list[int]) -> tuple[dict[int, int], list[DroppedParent]]:
    """`rules.tree` with the teams numbered in the order of their references: ids tell which was read first."""
    number = {id: place for place, id in enumerate(order)}
    parents, dropped = rules.tree(ParentClaim(number[one.child], number[one.parent], one.own) for one in claims)
    back = {order[child]: order[parent] for child, parent in parents.items()}
    return back, [DroppedParent(ParentClaim(order[one.child], order[one.parent], one.own), why) for one, why in dropped]


def examine(session: Session) -> None:
    """Find anew what contradicts across documents."""
    rows = [*_parent_rows(session, arrange()), *_identity_rows(session)]
    Finding.objects.filter(scope=SCOPE).delete()
    columns = ["scope", "source_id", "file_id", "path", "document", "line", "entity", "message", "found_at"]
    bulk.insert(Finding, columns, rows)


def _parent_rows(session: Session, dropped: list[DroppedParent]) -> list[tuple[object, ...]]:
    if not dropped:
        return []
    ids = {id for one in dropped for id in one.claim[:2]}
    columns = "team_id, ref, source_id, file_id, document_index, line"
    known = {row[0]: row[1:] for row in bulk.select(columns, "catalog_entity", "team_id", ids)}
    rows: list[tuple[object, ...]] = []
    for claim, reason in dropped:
        child, parent = known[claim.child], known[claim.parent]
        place = Place(*(child if claim.own or parent[1] is None else parent)[1:])
        if place.source_id is not None:
            message = f"{child[0]} {reason}; {parent[0]} isn't taken as its parent: mend spec.parent or spec.children"
            rows.append(_row(session, place, str(child[0]), message))
    return rows


def _identity_rows(session: Session) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(CONFLICTS_SQL)
        found = cursor.fetchall()
    rows = []
    for ref, source_id, file_id, document, line, provider, value, holder in found:
        if source_id is None:
            continue
        name = f"{provider}:{value}" if provider else value
        message = (
            f"{name} belongs to {holder} already; remove it from one of the two, or correct it on the person's page"
        )
        rows.append(_row(session, Place(source_id, file_id, document, line), ref, message))
    return rows


def _row(session: Session, place: Place, ref: str, message: str) -> tuple[object, ...]:
    return (SCOPE, place.source_id, place.file_id, "", place.document, place.line, ref, message, session.now)
