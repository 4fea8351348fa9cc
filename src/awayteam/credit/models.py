"""State of this app."""
