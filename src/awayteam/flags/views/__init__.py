"""Pages of flags: the list, one flag, its definitions, and environments with their tokens."""
