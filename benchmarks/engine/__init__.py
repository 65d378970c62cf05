"""`engine`: how many events a second each stream processor applies, all reading the same topics of the same Kafka."""
