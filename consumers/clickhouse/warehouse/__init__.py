"""The local warehouse: an embedded ClickHouse engine behind enough of ClickHouse's HTTP interface.

For one machine. Every client speaks HTTP to it as to a server, so production differs by its URL alone. Nothing about
accounts, topics or scores may come in here.
"""
