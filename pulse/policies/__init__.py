"""Policies for people: reading a file with all its faults at once, showing one as a table, telling two apart.

What a policy is and what its numbers do: `streams.core.policy`. Nothing here decides anything about an account.
"""
