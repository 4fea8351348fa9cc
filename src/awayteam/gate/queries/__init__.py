"""Every read of changes and verdicts that is more than a lookup."""
