"""Kernel: what every other floor stands on and what knows none of them."""
