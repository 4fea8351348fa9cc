"""Who a command acts for: `--as PERSON`, or the software itself."""

from typing import Annotated, Any

import typer

from awayteam.cli.failing import usage

PERSON = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PERSON",
        envvar="AWAYTEAM_PERSON",
        help="Who does it (a reference or name); without it, the software itself.",
    ),
]


def actor_of(person: str, *, needed: bool = False) -> Any:
    """The actor that a person is now; SYSTEM where nobody is named, unless somebody is `needed`."""
    from django.utils import timezone

    from awayteam.accounts.actors import actor_of_person
    from awayteam.kernel.actor import SYSTEM
    from awayteam.organisation import queries

    if not person and needed:
        usage("say who does it: --as PERSON, or the variable AWAYTEAM_PERSON")
    if not person:
        return SYSTEM
    return actor_of_person(queries.person(SYSTEM, person if ":" in person else f"user:{person}"), timezone.now())


def own_team(actor: Any, named: str) -> Any:
    """The team in whose name somebody acts: the named one, else their own where they have just one."""
    from awayteam.organisation import queries
    from awayteam.organisation.models import Team

    if named:
        return queries.team(actor, named if ":" in named else f"group:{named}")
    teams = list(Team.objects.filter(pk__in=actor.teams, is_unit=False, dissolved_at__isnull=True).order_by("name"))
    if len(teams) != 1:
        names = ", ".join(str(team) for team in teams) or "none"
        usage(f"say in which team's name: --as-team TEAM (yours: {names})")
    return teams[0]
