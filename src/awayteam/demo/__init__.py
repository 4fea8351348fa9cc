"""The demonstration organisation, generated from a seed."""
