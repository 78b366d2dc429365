"""A target that stalls must not make Lockstep eat memory."""

import pytest

from processes import memory_kib, pause, resume
from waiting import holds_for

LIMIT_KIB = 128 << 10
STALL_SECONDS = 8
SOME_RECORDS = 20_000


@pytest.mark.slow
def test_memory_stays_bounded_while_the_target_stalls(lockstep, big):
    process = lockstep(big.link, wait_ready=False)
    process.wait(lambda: big.copied() > SOME_RECORDS, "it copies", 120)
    broker = big.target.brokers[0].pid
    pause(broker)
    try:
        holds_for(lambda: process.is_running() and memory_kib(process.pid) < LIMIT_KIB,
                  "lockstep runs within 128 MB", STALL_SECONDS)
        assert process.get("/healthz").code == 200
    finally:
        resume(broker)
    process.wait_copied(big.topic, timeout=240)
    assert memory_kib(process.pid, "VmHWM") < LIMIT_KIB
    big.assert_equal()
