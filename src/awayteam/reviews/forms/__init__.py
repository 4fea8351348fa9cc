"""Forms of reviews: what people type, and what it means."""
