"""What a Group or User says about teams and people."""

from collections.abc import Iterable, Mapping
from typing import Any

from awayteam.sources.declared import DeclaredMembership, Identity, RelationType

UNIT_TYPES = frozenset(
    {
        "organization", "organisation", "root", "business-unit", "department", "sub-department", "product-area",
        "unit", "division", "tribe",
    }
)  # fmt: skip
"""Types of a Group that is a unit holding teams; every other Group is a team."""
_LOGIN = "/user-login"
_FORGES = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket", "codeberg.org": "codeberg"}


def is_unit(group_type: str) -> bool:
    """Whether a Group of this `spec.type` is an organisational unit rather than a team."""
    return "-".join(group_type.lower().replace("_", " ").replace("-", " ").split()) in UNIT_TYPES


def memberships_of(relations: Iterable[tuple[RelationType, str, str]]) -> tuple[DeclaredMembership, ...]:
    """The memberships that MEMBER_OF relations state; a descriptor knows neither roles nor dates."""
    return tuple(
        DeclaredMembership(team=target, person=source)
        for kind, source, target in relations
        if kind is RelationType.MEMBER_OF
    )


def identities_of(annotations: Mapping[str, str], spec: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Handles from `<forge's host>/user-login` annotations and the e-mail address of the profile."""
    found: dict[Identity, None] = {}
    for key, value in annotations.items():
        if key.endswith(_LOGIN) and value.strip():
            host = key[: -len(_LOGIN)]
            found[Identity(_FORGES.get(host, host), value.strip().removeprefix("@"))] = None
    email = (spec.get("profile") or {}).get("email")
    if isinstance(email, str) and "@" in email:
        found[Identity("email", email.strip())] = None
    return tuple(found)


def facts_of(kind: str, spec: Mapping[str, Any], annotations: Mapping[str, str]) -> dict[str, Any]:
    """Typed facts of the profile; `is_unit` of Groups, and `forge_teams` (forge -> team) for the rules of ownership."""
    profile = spec.get("profile") or {}
    facts: dict[str, Any] = {}
    for key, fact in (("email", "email"), ("displayName", "display_name"), ("picture", "picture")):
        if isinstance(profile.get(key), str) and profile[key].strip():
            facts[fact] = profile[key].strip()
    if kind == "group":
        facts["is_unit"] = is_unit(spec["type"])
        teams = {
            forge: annotations[f"{host}/team-slug"].strip()
            for host, forge in _FORGES.items()
            if annotations.get(f"{host}/team-slug", "").strip()
        }
        if teams:
            facts["forge_teams"] = teams
    return facts
