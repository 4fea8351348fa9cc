"""Requests to and from files: the own CSV and JSON, GitHub issues, Jira exports, enhancement proposals."""
