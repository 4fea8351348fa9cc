"""The catalog as Backstage's catalog answers, read only, so that existing scripts keep working. See docs/api.md."""
