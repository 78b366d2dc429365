"""Lockstep dies without warning, or runs twice: nothing lost, nothing doubled."""

import pytest

KILLS = 10
STEP = 20_000  # records that must be copied between two kills: proof that it was in the middle

pytestmark = pytest.mark.slow


def test_kill_nine_ten_times(lockstep, big):
    process = lockstep(big.link, wait_ready=False)
    for _ in range(KILLS):
        wanted = big.copied() + STEP
        process.wait(lambda w=wanted: big.copied() >= w, "it copies", 30)
        process.kill()
        assert big.copied() < big.total, "killed too late to be in the middle"
        process.start(wait_ready=False)
    process.wait_copied(big.topic)
    big.assert_equal()


def test_two_processes_with_the_same_work(lockstep, big):
    both = [lockstep(big.link, wait_ready=False), lockstep(big.link, wait_ready=False)]
    for process in both:
        process.wait_copied(big.topic)
    big.assert_equal()
    for process in both:
        states = {p["state"] for p in process.status()["partitions"]}
        assert "blocked" not in states, process.status()


def test_two_processes_one_of_which_dies(lockstep, big):
    first = lockstep(big.link, wait_ready=False)
    second = lockstep(big.link, wait_ready=False)
    second.wait(lambda: big.copied() > STEP, "they copy", 30)
    first.kill()
    second.wait_copied(big.topic)
    big.assert_equal()
