"""A policy run over the history in ClickHouse, telling nobody: what it would have done, and whether it was right."""
