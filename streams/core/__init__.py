"""Everything that decides: fold, score, bands, commitments, episodes, watermark.

Pure: no I/O, no clock, no logging, no driver. The clock is an argument of every decision. Times are float seconds since
the epoch, UTC; columns are NumPy arrays with one row per account.
"""
