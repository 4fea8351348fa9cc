"""Kinds of entities and how they are spelt."""

KINDS = {
    kind.lower(): kind
    for kind in ("Component", "API", "Resource", "System", "Domain", "Group", "User", "Location", "Template")
}
"""Usual spelling of the kinds that everybody knows; others are spelt as their files do."""


def usual_kind(kind: str) -> str:
    """The spelling under which entities of this kind are kept."""
    return KINDS.get(kind.lower(), kind)
