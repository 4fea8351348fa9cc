"""`awayteam org`: units, teams and people, now or as of a date."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from awayteam.cli.shared import AS_OF, JSON, django, facts, moment, print_json, table

if TYPE_CHECKING:
    from datetime import datetime

    from awayteam.organisation.models import Person, Team
    from awayteam.organisation.queries import TreeNode


def register(app: typer.Typer) -> None:
    org = typer.Typer(help="Look at units, teams and people.", no_args_is_help=True)
    org.command("list")(list_)
    org.command("show")(show)
    app.add_typer(org, name="org")


def list_(as_of: AS_OF = "", as_json: JSON = False) -> None:
    """The organisation as a tree of units and teams with their people counted."""
    django()
    from awayteam.kernel import rulebook
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    nodes = queries.tree(SYSTEM, at=moment(as_of))
    largest = rulebook.current().organisation.team_size_max
    if as_json:
        print_json({"items": [_node(node, largest) for node in nodes]})
        return
    rows = [node for root in nodes for node in root.walk()]
    table(("TEAM", "TITLE", "MEMBERS", "WITH BELOW", ""), (_line(node, largest) for node in rows))
    if not rows:
        typer.echo("No teams yet: awayteam import PATH brings them in.", err=True)


def _line(node: "TreeNode", largest: int) -> tuple[Any, ...]:
    remarks = [
        "unit" if node.team.is_unit else "",
        f"more than {largest}" if not node.team.is_unit and node.members > largest else "",
        "" if node.team.declared else "nobody declares it",
    ]
    people = node.people if node.children else ""
    name = f"{'  ' * node.depth}{node.team.ref}"
    return name, node.team.title, str(node.members), str(people), ", ".join(remark for remark in remarks if remark)


def _node(node: "TreeNode", largest: int) -> dict[str, Any]:
    return {
        **_team(node.team),
        "members": node.members,
        "people": node.people,
        "over_limit": not node.team.is_unit and node.members > largest,
        "children": [_node(child, largest) for child in node.children],
    }


def _team(team: "Team") -> dict[str, Any]:
    return {
        "ref": team.ref,
        "name": team.name,
        "title": team.title,
        "type": team.type,
        "unit": team.is_unit,
        "declared": team.declared,
    }


def show(
    ref: Annotated[str, typer.Argument(metavar="REF", help="A team (payments, group:default/payments) or user:name.")],
    as_of: AS_OF = "",
    as_json: JSON = False,
) -> None:
    """A team with its people, size and place; or a person with their teams and names elsewhere."""
    django()
    from awayteam.kernel.actor import SYSTEM
    from awayteam.kernel.errors import NotFound
    from awayteam.organisation import queries

    at = moment(as_of)
    if not ref.lower().startswith("user:"):
        try:
            team = queries.team(SYSTEM, ref)
        except NotFound:
            if ":" in ref:
                raise
        else:
            _show_team(team, at, as_json)
            return
    _show_person(queries.person(SYSTEM, ref), at, as_json)


def _show_team(team: "Team", at: "datetime | None", as_json: bool) -> None:
    from awayteam.catalog.queries import owned_counts
    from awayteam.kernel import rulebook
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    members = queries.members(team, at=at)
    size = queries.size_check(team, rulebook.current(), at=at)
    above, children = queries.above(team), queries.children(team)
    owns = owned_counts(SYSTEM, team)
    if as_json:
        print_json(
            {
                **_team(team),
                "mission": team.mission,
                "email": team.email,
                "contacts": team.contacts,
                "on_call": team.on_call_url,
                "time_zone": team.time_zone,
                "above": [unit.ref for unit in above],
                "children": [child.ref for child in children],
                "size": size.size,
                "limit": size.limit,
                "over_limit": size.is_over,
                "members": [
                    {
                        "ref": m.person.ref,
                        "name": str(m.person),
                        "roles": list(m.roles),
                        "since": m.starts,
                        "until": m.ends,
                    }
                    for m in members
                ],
                "owns": owns,
            }
        )
        return
    typer.secho(f"{team.ref}  {team.title}".rstrip(), bold=True)
    facts(
        [
            ("Mission", team.mission),
            ("Part of", " < ".join(str(unit) for unit in above)),
            ("Below it", ", ".join(child.ref for child in children)),
            ("On call", team.on_call_url or ("" if team.is_unit else "not said")),
            ("Size", size.sentence),
            ("Owns", ", ".join(f"{count} {kind}" for kind, count in owns.items())),
        ]
    )
    rows = ((m.person.ref, str(m.person), ", ".join(m.roles), m.starts and f"{m.starts:%Y-%m-%d}") for m in members)
    table(("MEMBER", "NAME", "ROLES", "SINCE"), rows)


def _show_person(person: "Person", at: "datetime | None", as_json: bool) -> None:
    from awayteam.organisation import queries

    places = queries.teams_of(person, at=at)
    identities = queries.identities(person)
    if as_json:
        print_json(
            {
                "ref": person.ref,
                "name": person.name,
                "display_name": person.display_name,
                "email": person.email,
                "manager": person.manager.ref if person.manager else None,
                "left_at": person.left_at,
                "teams": [
                    {
                        "ref": p.team.ref,
                        "roles": list(p.roles),
                        "primary": p.is_primary,
                        "since": p.starts,
                        "until": p.ends,
                    }
                    for p in places
                ],
                "identities": [
                    {"provider": i.provider, "value": i.value, "confidence": i.confidence} for i in identities
                ],
            }
        )
        return
    typer.secho(f"{person.ref}  {person.display_name}".rstrip(), bold=True)
    names = ", ".join(f"{one.provider}:{one.value}" if one.provider else f"login {one.value}" for one in identities)
    facts([("E-mail", person.email), ("Manager", person.manager and person.manager.ref), ("Known as", names)])
    rows = (
        (p.team.ref, ", ".join(p.roles), "primary" if p.is_primary else "", p.starts and f"{p.starts:%Y-%m-%d}")
        for p in places
    )
    table(("TEAM", "ROLES", "", "SINCE"), rows)
