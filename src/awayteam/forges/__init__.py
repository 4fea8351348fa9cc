"""Forges: what they tell is heard, verdicts are published, access is granted and taken back (ADR 0012)."""
