"""`pulse demo`: the whole pipeline on one machine, with a real purchase log, invented companions and a live trickle.

Every figure it shows is counted from the running system; what is counted how stands in `figures`.
"""
