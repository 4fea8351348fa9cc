"""Pages of handovers, deployments, defects, retrospectives and suggestions."""
