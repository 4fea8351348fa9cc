"""Plain git served by gitolite3: access by its configuration, refusal at the push (docs/forges/gitolite.md)."""
