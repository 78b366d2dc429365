"""Lockstep itself copies between two clusters of a sandbox: exactly, and what it says is true."""

import json

import pytest

from java_tools import digest, run_helper
from lockstep import Link, run_cli
from processes import free_port
from records import assert_same_records, produce_mixed, producer
from sandbox_process import SANDBOX_VERSIONS, Sandbox
from test_cut import Judge
from test_exact import interleaved_transactions


@pytest.fixture(params=SANDBOX_VERSIONS)
def pair(request, tmp_path):
    sandbox = Sandbox(tmp_path, request.param, ("--clusters", 2, "--brokers", 2)).start()
    yield sandbox.clusters
    sandbox.stop()


def test_copies_are_identical_and_cuts_tear_nothing(pair, lockstep, name, tmp_path):
    source, target = pair
    mixed, latest, wide, narrow = (f"{name}-{kind}" for kind in ("mixed", "latest", "wide",
                                                                 "narrow"))
    source.create_topic(mixed, 2, 2)
    source.create_topic(latest, 1, 2, {"cleanup.policy": "compact"})
    source.create_topic(wide, 2, 2)
    source.create_topic(narrow, 1, 2)
    produce_mixed(source, mixed, "zstd", 500)
    client = producer(source)
    for i in range(200):
        client.produce(latest, f"{i}" if i % 3 else None, f"key {i % 7}")
    client.flush(30)
    interleaved_transactions(source, narrow, 5)
    first = run_helper("Transactions", bootstrap=source.bootstrap, topic=f"{wide},{narrow}",
                       prefix=name, count=15)
    whole = Link(source, target, [f"{name}-.*"])
    process = lockstep(whole)
    process.wait_copied(mixed, latest, wide, narrow)
    process.terminate()
    run_helper("Transactions", bootstrap=source.bootstrap, topic=f"{wide},{narrow}", prefix=name,
               count=15, first=100)
    process = lockstep(Link(source, target, [mixed, latest, wide]))
    process.wait_copied(wide)  # narrow lags behind, so that transactions are torn
    process.terminate()

    config = tmp_path / "whole.yaml"
    config.write_text(whole.yaml(free_port()))
    found = json.loads(run_cli("cut", "-c", config, "--json").stdout)["links"][0]
    Judge(source, [wide, narrow]).check(found)
    behind = {(p["topic"], p["partition"]): p["records_behind"] for p in found["partitions"]}
    assert behind[wide, 0] > 0 and behind[mixed, 0] == 0

    process = lockstep(whole)
    process.wait_copied(narrow)
    ended = run_cli("verify", "-c", config, "--json")
    compared = json.loads(ended.stdout)["links"][0]
    assert ended.returncode == 0 and compared["problem"] == "", ended.stdout
    assert len(compared["partitions"]) == 6 and all(p["identical"] for p in compared["partitions"])
    assert sum(p["records"] for p in compared["partitions"] if p["topic"] == mixed) == 500
    assert assert_same_records(source, target, latest) == 200
    assert digest(source, mixed) == digest(target, mixed)
    assert target.config(latest)["cleanup.policy"] == "compact"
    assert first["committed"] == 12
