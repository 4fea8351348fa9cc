"""Limits per consumer and operation of an API: decided here, enforced by Envoy, every one first in shadow."""
