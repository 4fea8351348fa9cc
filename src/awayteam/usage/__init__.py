"""Use as it was observed: who called which service's operation, how often, from traces and counters (ADR 0013)."""
