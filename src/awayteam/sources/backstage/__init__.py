"""Backstage's descriptors: entities as documents of YAML or JSON, by the rules of its catalog."""

from awayteam.sources.backstage.reader import NAME, has_descriptor, is_descriptor_name, read, recognises

__all__ = ["NAME", "has_descriptor", "is_descriptor_name", "read", "recognises"]
