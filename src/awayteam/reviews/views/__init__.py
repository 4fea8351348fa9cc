"""Pages of reviews, the pool and the register."""
