from itertools import islice

from aiokafka.partitioner import murmur2

from benchmarks.recovery.probes import names


def test_names_are_new_each_time_and_lie_in_their_partition() -> None:
    found = list(islice(names("P-", 4), 50))
    for accounts in found:
        assert [(murmur2(account.encode()) & 0x7FFFFFFF) % 4 for account in accounts] == [0, 1, 2, 3]
    assert len({account for accounts in found for account in accounts}) == 200
