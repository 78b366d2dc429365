"""Lockstep dies without warning, or runs twice: nothing lost, nothing doubled."""

import pytest

KILLS = 10
FEWEST_KILLS = 3  # a busy machine may look so seldom that the copy is whole sooner
STEP = 20_000  # records that must be copied between two kills: proof that it was in the middle
PATIENCE = 240  # seconds

pytestmark = pytest.mark.slow


def test_kill_nine_ten_times(lockstep, big):
    process = lockstep(big.link, wait_ready=False)
    in_the_middle = 0
    for _ in range(KILLS):
        wanted = min(big.copied() + STEP, big.total)
        process.wait(lambda w=wanted: big.copied() >= w, "it copies", PATIENCE)
        process.kill()
        in_the_middle += big.copied() < big.total
        process.start(wait_ready=False)
    assert in_the_middle >= FEWEST_KILLS, "killed too late to be in the middle"
    process.wait_copied(big.topic, timeout=PATIENCE)
    big.assert_equal()


def test_two_processes_with_the_same_work(lockstep, big):
    both = [lockstep(big.link, wait_ready=False), lockstep(big.link, wait_ready=False)]
    for process in both:
        process.wait_copied(big.topic, timeout=PATIENCE)
    big.assert_equal()
    for process in both:
        states = {p["state"] for p in process.status()["partitions"]}
        assert "blocked" not in states, process.status()


def test_two_processes_one_of_which_dies(lockstep, big):
    first = lockstep(big.link, wait_ready=False)
    second = lockstep(big.link, wait_ready=False)
    second.wait(lambda: big.copied() > STEP, "they copy", PATIENCE)
    first.kill()
    second.wait_copied(big.topic, timeout=PATIENCE)
    big.assert_equal()
