"""`alert`: how long from the moment an event should have been sent until the mail of its alert is handed over.

Worker, delivery and a mail server of this machine; the timetable, the load and the causes are those of `latency`.
"""
