"""The gate: whether people may make a change to this code now, and whose word it still lacks (ADR 0012)."""
