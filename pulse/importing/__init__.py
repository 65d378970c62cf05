"""`pulse import`: histories in CSV or fixed-width text become events, told by a small mapping document.

Reading, mapping and bookkeeping live here; how events reach the gateway is the matter of `pulse.sending`.
"""
