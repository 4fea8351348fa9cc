"""Credit for people and teams: entries derived by rule from what happened, each with its evidence."""
