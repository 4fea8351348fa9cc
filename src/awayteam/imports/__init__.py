"""Imports: the runs that turn readings of sources into rows, and the health of every source."""
