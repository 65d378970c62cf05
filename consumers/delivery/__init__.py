"""Alerts to people: who is told (pure), in which words, over which channel, and a receipt for everything decided.

Nothing about scores, and no reading of the warehouse, may come in here.
"""
