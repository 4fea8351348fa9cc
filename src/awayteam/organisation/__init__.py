"""Organisation: units, teams, people, memberships and identities, each with dates and source."""
