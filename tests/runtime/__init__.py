"""The runtime of the consumers, on the in-memory broker and on Apache Kafka."""
