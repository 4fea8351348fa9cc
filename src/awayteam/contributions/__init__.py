"""Contributions: who changed whose code, from history and ownership."""
