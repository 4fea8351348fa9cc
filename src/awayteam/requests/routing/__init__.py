"""From whatever somebody has to the team that should hear of it: see docs/routing.md."""
