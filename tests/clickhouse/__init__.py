"""The warehouse, its schema and the sink, with the real engine."""
