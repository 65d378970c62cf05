import os
import time

from benchmarks import cpu


def test_cpu_time_of_a_busy_process_grows() -> None:
    before, until = cpu.seconds_of(os.getpid()), time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert cpu.seconds_of(os.getpid()) >= before + 0.05


def test_a_process_that_is_gone_uses_none() -> None:
    assert cpu.seconds_of(2**22 + 1) == 0
