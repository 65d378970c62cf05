"""Events to the gateway over HTTP, for every command that sends: batches, several in flight, retries, verdicts.

What the events mean is not known here.
"""
