"""Tests of the worker as a process, on the in-memory broker and on a real Apache Kafka."""
