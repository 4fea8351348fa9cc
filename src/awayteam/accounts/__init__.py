"""Accounts: signing in, API tokens, and who the actor of a request is."""
