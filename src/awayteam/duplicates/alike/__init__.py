"""Likely duplicates among APIs: what their operations do, compared whatever they are called and written in."""
