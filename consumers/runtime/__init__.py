"""What the consumers share: the poll-handle-commit loop, a producer, wording, the way to ClickHouse. No decisions."""
