"""Every write of use."""
