"""Flags as applications get them: the cached rulesets, and the OpenFeature remote evaluation protocol."""
