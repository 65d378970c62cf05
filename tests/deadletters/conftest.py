from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.broker import Broker
from tests.deadletters.running import DeadLetters
from tests.worker.running import Log


@pytest.fixture
def log(topics_applied: Broker) -> Iterator[Log]:
    opened = Log(topics_applied)
    yield opened
    opened.close()


@pytest.fixture
def dead_letters(topics_applied: Broker, tmp_path: Path) -> DeadLetters:
    return DeadLetters(topics_applied, tmp_path)
