"""`latency`: how long from the moment an event should have been sent until the health it caused can be read.

Open loop: the sender keeps to its timetable whatever the system does, and latency counts from the timetable, not from
when the sender came to it. A system that stalls is charged for everything that should have happened meanwhile.
"""
