"""`awayteam engagement`: visits of away teams, from the contract to the end of the warranty."""

import typer

app = typer.Typer(help="Away teams: contracts, signatures, and what follows from them.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    root.add_typer(app, name="engagement")
