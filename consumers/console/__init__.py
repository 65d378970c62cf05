"""The account manager's page: worklist, account, inbox and caught mail, live by server-sent events.

Reads ClickHouse through one chokepoint (`reading`), follows Kafka without a group, and acts only by sending events to
the gateway. No decision about scores or alerts may come in here.
"""
