"""The raw two hops: reads a topic and writes every record to another, doing nothing in between.

Run as `python -m benchmarks.latency.relay BOOTSTRAP FROM TO`; logs `ready`, then runs until it is killed. What ours
adds to this is what it costs to fold, keep and explain.
"""

import sys

from confluent_kafka import Consumer, Producer

from pulse.local.child import say_ready


def main(bootstrap: str, source: str, target: str) -> None:
    """Relay until killed."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-relay", "auto.offset.reset": "earliest"})
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 1, "acks": "all"})
    consumer.subscribe([source], on_assign=lambda *_: say_ready())
    while True:
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            producer.produce(target, message.value(), message.key())
        producer.poll(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
