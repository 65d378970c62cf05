"""Scores computed anew from the facts in ClickHouse, in chunks of accounts, into tables of their own."""
