"""The language of Account Pulse: every model that crosses a process boundary, the topics, and the codec.

No I/O, no clock, no driver may come in here: everything is a pure function of its arguments.
"""
