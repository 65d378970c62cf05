"""How fast scores are computed anew from the facts in ClickHouse."""
