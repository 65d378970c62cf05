"""One gateway for the tests that leave it as it was."""

from collections.abc import Iterator

import pytest

from schemas.broker import Broker
from tests.gateway.running import Gateway, running


@pytest.fixture(scope="module")
def gateway(embedded_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(embedded_broker, tmp_path_factory.mktemp("gateway")) as started:
        yield started
