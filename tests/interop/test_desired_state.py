"""The desired state on a cluster: applied, followed by a worker without restart, rolled back."""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from lockstep import DRAIN_SECONDS, Link, run_cli
from paths import lockstep_binary
from processes import pause, resume
from records import produce, producer
from sandbox_process import Sandbox
from topic_admin import TIMEOUT
from waiting import eventually, holds_for

TOPIC = "__lockstep_config"
SECRET = "correct-horse-battery-staple"


@dataclass
class LinkWithState(Link):
    """A link, and a cluster of its own for the desired state."""

    state: Any = None

    def yaml(self, http_port: int) -> str:
        first = f"clusters:\n  - name: state\n    bootstrap: {json.dumps(self.state.bootstrap)}\n"
        return super().yaml(http_port).replace("clusters:\n", first, 1)


@pytest.fixture
def state(tmp_path):
    """A cluster that can stand still while others go on."""
    sandbox = Sandbox(tmp_path).start()
    yield sandbox
    sandbox.stop()


def versions(config) -> list[dict]:
    return json.loads(run_cli("history", "-c", config, "--json").stdout)["versions"]


def from_json(*arguments) -> dict:
    return json.loads(run_cli(*arguments, "--json").stdout)


def append(cluster, key: str, value: str) -> None:
    """Writes what Lockstep would not."""
    client = producer(cluster)
    client.produce(TOPIC, value, key, 0)
    assert client.flush(30) == 0


def test_a_worker_follows_what_is_applied(source, target, lockstep, name, tmp_path):
    first, second = source.create_topic(f"{name}-1", 1), source.create_topic(f"{name}-2", 1)
    for topic in (first, second):
        produce(source, topic, [str(i) for i in range(100)])
    one, both = tmp_path / "one.yaml", tmp_path / "both.yaml"
    one.write_text(Link(source, target, [first]).yaml(0))
    both.write_text(Link(source, target, [first, second]).yaml(0))
    base = len(versions(one)) + 1  # other tests may have applied something
    applied = run_cli("apply", "-c", one)
    assert f"Version {base} is applied" in applied.stdout, applied.stderr
    assert "already" in run_cli("apply", "-c", one).stdout
    assert from_json("apply", "-c", one) == {"version": base, "is_new": False}
    process = lockstep(Link(source, target, [first]), arguments=["--follow"])
    process.wait_copied(first)
    pid = process.pid

    changes = run_cli("diff", "-c", both)
    assert changes.returncode == 3 and f'+     topics: ["{first}", "{second}"]' in changes.stdout
    holds_for(lambda: target.record_count(second) == 0, "it is not applied", 1.5)
    assert f"Version {base + 1} is applied" in run_cli("apply", "-c", both).stdout
    assert run_cli("diff", "-c", both).returncode == 0
    assert from_json("diff", "-c", both) == {"newest": base + 1, "is_same": True, "diff": ""}

    def copied_topics() -> set[str]:
        return {p["topic"] for link in process.links() for p in link["partitions"]}

    process.wait(lambda: "following version {}".format(base + 1) in process.log_text(),
                 "it follows")
    process.wait_copied(second)
    process.wait(lambda: copied_topics() == {first, second}, "it copies both")
    rolled_back = run_cli("rollback", base, "-c", both)
    assert f"Version {base + 2} is applied" in rolled_back.stdout, rolled_back.stderr
    process.wait(lambda: copied_topics() == {first}, "it goes back")
    assert process.pid == pid and process.is_running()

    found = versions(one)
    assert [version["version"] for version in found] == list(range(1, base + 3))
    assert found[-1]["note"] == f"rollback to {base}" and "@" in found[-1]["who"]
    assert found[-1]["text"] == one.read_text()
    # One that starts later finds the newest version by itself.
    process.kill()
    assert run_cli("apply", "-c", both).returncode == 0
    produce(source, second, ["more"])
    process.start()
    process.wait_copied(second)


def test_of_many_at_once_each_version_is_ones_own(source, target, name, tmp_path):
    configs = [tmp_path / f"{i}.yaml" for i in range(6)]
    for i, config in enumerate(configs):
        config.write_text(Link(source, target, [f"{name}-{i}"]).yaml(0))
    before = len(versions(configs[0]))
    running = [subprocess.Popen([lockstep_binary(), "apply", "-c", config], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
               for config in configs]
    won = 0
    for each in running:
        out, error = each.communicate(timeout=120)
        assert (each.returncode == 0 and "is applied" in out) or "somebody else" in error, error
        won += each.returncode == 0
    found = versions(configs[0])
    assert won >= 1 and len(found) == before + won
    assert [version["version"] for version in found] == list(range(1, len(found) + 1))


def test_what_is_no_configuration_is_left_alone(source, target, tmp_path):
    config = tmp_path / "bad.yaml"
    config.write_text("clusters: []\n")
    assert run_cli("apply", "-c", config).returncode == 2
    config.write_text(Link(source, target, ["a"]).yaml(0))
    assert run_cli("rollback", 999_999, "-c", config).returncode == 1
    unknown = run_cli("apply", "-c", config, "--cluster", "north")
    assert unknown.returncode == 2 and "no cluster" in unknown.stderr


def test_nothing_is_copied_before_the_state_was_read(state, source, target, lockstep, name,
                                                     tmp_path):
    kept, removed = source.create_topic(f"{name}-1", 1), source.create_topic(f"{name}-2", 1)
    for topic in (kept, removed):
        produce(source, topic, [str(i) for i in range(100)])
    both = LinkWithState(source, target, [kept, removed], state=state.clusters[0])
    newer = tmp_path / "newer.yaml"
    newer.write_text(LinkWithState(source, target, [kept], state=state.clusters[0]).yaml(0))
    assert run_cli("apply", "-c", newer).returncode == 0
    pause(state.pid)
    try:
        process = lockstep(both, wait_ready=False, arguments=["--follow"])
        process.wait(lambda: process.get("/readyz").code == 503, "it serves")
        holds_for(lambda: process.get("/readyz").text.startswith(
            "waiting for the desired state on state"), "it waits for the state", 3)
        assert not {kept, removed} & target.topics().keys()
    finally:
        resume(state.pid)
    process.wait_copied(kept)
    assert removed not in target.topics()
    assert "waiting for the desired state on state" in process.log_text()


def test_it_ends_in_time_although_the_states_cluster_does_not_answer(state, source, target,
                                                                     lockstep, name):
    topic = source.create_topic(name, 1)
    produce(source, topic, [str(i) for i in range(100)])
    process = lockstep(LinkWithState(source, target, [topic], state=state.clusters[0]),
                       arguments=["--follow"])
    process.wait_copied(topic)
    pause(state.pid)
    try:
        # It looks once a second: after that it is waiting for an answer.
        holds_for(lambda: process.get("/readyz").code == 200, "the link goes on", 1.5)
        code, seconds = process.terminate()
    finally:
        resume(state.pid)
    assert code == 0 and seconds < 2 * DRAIN_SECONDS, seconds  # of a busy machine
    assert "not all was delivered in time" not in process.log_text()


def test_it_ends_in_time_in_the_middle_of_a_change(state, source, target, lockstep, name,
                                                   tmp_path):
    topic = source.create_topic(name, 1)
    produce(source, topic, [str(i) for i in range(100)])
    cluster = state.clusters[0]
    process = lockstep(LinkWithState(source, target, [topic], state=cluster),
                       arguments=["--follow"])
    process.wait_copied(topic)
    newer = tmp_path / "newer.yaml"
    newer.write_text(LinkWithState(source, target, [topic, "more"], state=cluster).yaml(0))
    broker = target.brokers[0].pid
    pause(broker)
    try:
        produce(source, topic, ["what the old link cannot deliver now"])
        process.wait(lambda: process.partition(topic)["source_high_watermark"] == 101, "it is read")
        assert run_cli("apply", "-c", newer).returncode == 0
        process.wait(lambda: "following version 1" in process.log_text(), "the old link ends")
        code, seconds = process.terminate()
    finally:
        resume(broker)
    assert code == 0 and seconds < 2 * DRAIN_SECONDS, seconds  # of a busy machine
    assert "not all was delivered in time" not in process.log_text()
    process.start()
    process.wait_copied(topic)


def test_a_recreated_topic_counts_from_its_first_version(source, target, lockstep, name, tmp_path):
    first, second = source.create_topic(f"{name}-1", 1), source.create_topic(f"{name}-2", 1)
    for topic in (first, second):
        produce(source, topic, [str(i) for i in range(100)])
    config = tmp_path / "config.yaml"
    for topics in ([first], [first, second], [first]):
        config.write_text(Link(source, target, topics).yaml(0))
        assert run_cli("apply", "-c", config).returncode == 0
    process = lockstep(Link(source, target, [first]), arguments=["--follow"])
    process.wait_copied(first)
    source.admin.delete_topics([TOPIC], operation_timeout=TIMEOUT)[TOPIC].result(TIMEOUT)
    eventually(lambda: TOPIC not in source.admin.list_topics(timeout=TIMEOUT).topics, "it is gone")
    config.write_text(Link(source, target, [first, second]).yaml(0))
    applied = run_cli("apply", "-c", config)
    assert "Version 1 is applied" in applied.stdout, applied.stderr
    process.wait_copied(second)


def test_a_record_that_is_no_version_is_passed_over(state, source, target, lockstep, name,
                                                    tmp_path):
    topic = source.create_topic(name, 1)
    produce(source, topic, [str(i) for i in range(100)])
    cluster = state.clusters[0]
    config = tmp_path / "config.yaml"
    config.write_text(LinkWithState(source, target, ["nothing"], state=cluster).yaml(0))
    assert run_cli("apply", "-c", config).returncode == 0
    append(cluster, "version-0000000002", "no version at all")
    process = lockstep(LinkWithState(source, target, ["nothing"], state=cluster),
                       arguments=["--follow"])
    config.write_text(LinkWithState(source, target, [topic], state=cluster).yaml(0))
    assert "Version 2 is applied" in run_cli("apply", "-c", config).stdout
    process.wait_copied(topic)
    assert process.log_text().count(f"offset 1 of topic {TOPIC} on state is left out") == 1


def test_nobody_goes_back_to_what_is_no_configuration(state, source, target, tmp_path):
    """As an older Lockstep may have written it: workers would leave it alone."""
    cluster = state.clusters[0]
    config = tmp_path / "config.yaml"
    config.write_text(LinkWithState(source, target, ["a"], state=cluster).yaml(0))
    assert "Version 1 is applied" in run_cli("apply", "-c", config).stdout
    old = {"version": 2, "applied_at_ms": 1, "who": "me", "note": "",
           "text": config.read_text() + "speed: high\n"}
    append(cluster, "version-0000000002", json.dumps(old))
    eventually(lambda: len(versions(config)) == 2, "both are there")
    refused = run_cli("rollback", 2, "-c", config)
    assert refused.returncode == 1 and "is applied" not in refused.stdout
    assert "version 2 is no valid configuration" in refused.stderr and "speed" in refused.stderr
    assert len(versions(config)) == 2


def test_no_secret_gets_to_the_cluster_or_into_any_output(state, source, target, tmp_path):
    cluster = state.clusters[0]

    def text(secret: str) -> str:
        link = LinkWithState(source, target, ["a"], state=cluster,
                             http=f"  tokens: [{{name: me, token: {secret}}}]\n")
        return link.yaml(0)

    config = tmp_path / "config.yaml"
    config.write_text(text(SECRET))
    line = text(SECRET).splitlines().index(f"  tokens: [{{name: me, token: {SECRET}}}]") + 1
    refused = run_cli("apply", "-c", config)
    assert refused.returncode == 2
    assert f"config.yaml:{line}:30: \"token\" is a secret" in refused.stderr
    assert TOPIC not in cluster.admin.list_topics(timeout=10).topics
    shown = run_cli("diff", "-c", config)
    assert shown.returncode == 3 and "token: (a secret)" in shown.stdout

    config.write_text(text('"${env:HTTP_TOKEN}"'))
    assert "Version 1 is applied" in run_cli("apply", "-c", config).stdout
    # As a Lockstep wrote it that took secrets.
    old = {"version": 2, "applied_at_ms": 1, "who": "me", "note": "", "text": text(SECRET)}
    append(cluster, "version-0000000002", json.dumps(old))
    eventually(lambda: len(versions(config)) == 2, "both are there")
    for command in (["history"], ["history", "--json"], ["diff"], ["rollback", 2]):
        done = run_cli(*command, "-c", config)
        assert SECRET not in done.stdout + done.stderr, command
    assert run_cli("rollback", 2, "-c", config).returncode == 1
    assert "token: (a secret)" in versions(config)[1]["text"]
    config.write_text(text("another"))
    assert "is not shown" in run_cli("diff", "-c", config).stdout
