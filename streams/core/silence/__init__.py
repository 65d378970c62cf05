"""Silence by the account's own rhythm: how long it usually waits between purchases, and when a pause is longer.

Pure and order-free: everything here is a function of the set of purchase times up to a moment. Columns hold one row per
account; times are float seconds since the epoch, lengths of silence are days.
"""
