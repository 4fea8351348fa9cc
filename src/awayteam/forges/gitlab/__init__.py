"""GitLab: merge requests, approvals, members (docs/forges/gitlab.md)."""
