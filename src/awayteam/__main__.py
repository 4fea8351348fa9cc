"""`python -m awayteam` is the `awayteam` command."""

from awayteam.cli.main import main

main()
