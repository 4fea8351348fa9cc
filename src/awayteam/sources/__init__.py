"""Sources: the files that an organisation already has, and what they declare."""
