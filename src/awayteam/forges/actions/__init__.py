"""Writes of forges."""
