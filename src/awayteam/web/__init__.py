"""Web: the frame of every page, its components and static files."""
