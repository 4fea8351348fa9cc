"""`awayteam machines`: the states of things that have a life of their own, for docs/states.md."""

import typer

from awayteam.cli.shared import JSON, print_json

app = typer.Typer(name="machines", help="State machines, as the code has them.", no_args_is_help=True, hidden=True)


def register(root: typer.Typer) -> None:
    root.add_typer(app)


@app.command("document")
def document() -> None:
    """Print docs/states.md: a drawing and two tables for each machine."""
    _django()
    from awayteam.kernel import machines

    typer.echo(machines.document(machines.registered[name] for name in sorted(machines.registered)), nl=False)


@app.command("list")
def show(as_json: JSON = False) -> None:
    """List the machines with their states, and what is wrong with them."""
    _django()
    from awayteam.kernel import machines

    rows = [
        {"name": name, "states": list(machine.states), "problems": machines.problems(machine)}
        for name, machine in sorted(machines.registered.items())
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']}: {', '.join(map(str, row['states']))}")
        for problem in row["problems"]:
            typer.echo(f"  {problem}")


def _django() -> None:
    """The apps alone: neither an installation nor its database is needed."""
    from awayteam.cli.setup import django

    django(migrate=False)
