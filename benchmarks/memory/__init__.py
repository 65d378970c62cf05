"""`memory`: what an account costs, as arrays and all in, and the most a worker needs while it recovers."""
