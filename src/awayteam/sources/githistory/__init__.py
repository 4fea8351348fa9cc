"""Git history and trees as streams of plain values; repositories are untrusted (`sources.gitcmd`)."""
