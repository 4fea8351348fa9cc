"""GitHub and GitHub Enterprise, through a GitHub App. docs/forges/github.md tells how it is set up."""
