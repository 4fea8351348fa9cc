"""Pages of engagements: lists, the story of one, its contract, the guided set-up, and open places."""
