"""The programs ours is measured against, each run as a process of its own and set up as its own documentation shows."""
