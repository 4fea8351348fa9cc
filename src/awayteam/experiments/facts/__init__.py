"""Facts of experiments: who saw which arm, and what they did. Sent to us, or read where they are."""
