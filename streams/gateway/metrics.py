"""Every metric of the gateway, declared once, each with its meaning. Labels are closed enums and topic names."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """In a registry of its own, so that a process may hold more than one gateway."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.accepted = Counter(
            "pulse_gateway_events_accepted",
            "Events that Kafka acknowledged, by topic. Flat while sources send: look at the requests turned away.",
            ["topic"],
            registry=self.registry,
        )
        self.refused = Counter(
            "pulse_gateway_events_refused",
            "Events refused, by reason. Rising: a source sends what it should not; ask it, the reason says what.",
            ["reason"],
            registry=self.registry,
        )
        self.turned_away = Counter(
            "pulse_gateway_requests_turned_away",
            "Whole requests turned away. rate: a key sends too much; in_flight, no_room: we or the readers are too"
            " slow; broker_away: look at Kafka; no_key, bad_key: somebody is trying.",
            ["reason"],
            registry=self.registry,
        )
        self.requests = Histogram(
            "pulse_gateway_request_seconds",
            "From the head of a request to its answer, by mode; the body's way here included.",
            ["mode"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.acknowledgement = Histogram(
            "pulse_gateway_acknowledgement_seconds",
            "From handing records to the producer to Kafka's acknowledgement of all of them.",
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.in_flight = Gauge(
            "pulse_gateway_in_flight_bytes",
            "Bytes of bodies held now. Near the limit: requests are being turned away; look at Kafka, or raise it.",
            registry=self.registry,
        )
        self.in_flight_limit = Gauge(
            "pulse_gateway_in_flight_bytes_limit",
            "The most that may be held: the setting max_in_flight_bytes.",
            registry=self.registry,
        )
        self.connections = Gauge(
            "pulse_gateway_open_connections",
            "Open connections. Near the limit: requests are answered 503; look for clients that do not reuse theirs.",
            registry=self.registry,
        )
        self.connections_limit = Gauge(
            "pulse_gateway_open_connections_limit",
            "The most that may be open: the setting max_connections.",
            registry=self.registry,
        )
        self.connected = Gauge(
            "pulse_gateway_broker_connected",
            "1 while there is a producer to write with. 0: every event is answered 503.",
            registry=self.registry,
        )
        self.keys_file_errors = Counter(
            "pulse_gateway_keys_file_errors",
            "How often the keys file could not be read again; the last good keys stay in force until it is mended.",
            registry=self.registry,
        )
