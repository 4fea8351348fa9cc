"""Statistics of experiments, pure, and the statements that aggregate facts in each database."""
