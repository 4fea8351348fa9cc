"""Command line: the awayteam command."""
