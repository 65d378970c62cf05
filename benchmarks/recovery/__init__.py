"""`recovery`: how long accounts wait when a worker is killed, taken over from, or asked to leave."""
