"""From facts to a scorecard: units with their arms, their values, and what the statistics say of them."""
