"""One module per page: route, query through `reading`, template. No SQL and no Kafka may come in here."""
