"""Kills delivery while it tells people, over a real Kafka and a real mail server that fails, hangs and goes away."""
