"""Turning records into rows, batch by batch; every batch is one transaction that leaves each of its entities whole."""
