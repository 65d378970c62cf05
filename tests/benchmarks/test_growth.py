from benchmarks.growth.case import Case
from benchmarks.growth.command import Options, cases, figures
from benchmarks.pace import Pace


def test_quick_leaves_out_the_million_and_the_four_workers() -> None:
    full = {(case.accounts, case.workers) for case in cases(Options())}
    quick = {(case.accounts, case.workers) for case in cases(Options(quick=True))}
    assert full - quick == {(1_000_000, 1), (100_000, 4)}


def test_more_workers_are_measured_on_the_load_of_one() -> None:
    for options in (Options(), Options(quick=True, events=7)):
        assert len({case.events for case in cases(options)}) == 1


def test_more_accounts_are_told_as_a_share_of_the_fewest() -> None:
    def case(accounts: int) -> Case:
        return Case(accounts, workers=1, events=1_000, warm_up_s=1, watch_s=1)

    found = figures([(case(10), Pace(1_000, 1, 1)), (case(1_000), Pace(800, 1, 1))])
    assert found["1000_accounts_1_workers_cpu_ratio_to_fewest"] == 0.8
