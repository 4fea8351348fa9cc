"""Facts of experiments: who saw which arm, and what they did. Sent to us and kept as Parquet, or read where they are."""
