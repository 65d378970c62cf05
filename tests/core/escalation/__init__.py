"""Escalation: working time, the reporting line, and the way up it."""
