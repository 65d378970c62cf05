"""The HTTP front door: CloudEvents in, a result for every event out, 202 only after Kafka acknowledged.

It checks form, source and size, and writes. No score, no alert and no state of an account may come in here.
"""
