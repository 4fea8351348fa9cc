"""Gitea and Forgejo, which share their interface (docs/forges/gitea.md)."""
