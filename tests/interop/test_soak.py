"""A short soak, and proof that its judge sees what it is there for."""

import json
import random
import sys
from dataclasses import dataclass, replace

import pytest

from paths import ROOT
from processes import end, spawn

sys.path.insert(0, str(ROOT / "tests" / "soak"))

import judge as judging  # noqa: E402 - after the path is known
from workload import TOPICS, TopicPlan, Truth  # noqa: E402

SOAK_TIMEOUT = 900  # seconds; it needs 90 on a machine of its own
PLANS = {plan.name: plan for plan in TOPICS}
RECORDS = 60


@pytest.mark.slow
@pytest.mark.timeout(SOAK_TIMEOUT + 20)
def test_nothing_is_lost_or_doubled_among_faults(tmp_path):
    seed = random.randrange(1 << 31)
    out, log = tmp_path / "soak.json", tmp_path / "soak.log"
    soak = spawn([sys.executable, "-B", ROOT / "tests/soak/soak.py", "--minutes", 0.4,
                  "--brokers", 1, 3, "--suspend", 8, "--seed", seed, "--out", out,
                  "--directory", tmp_path], log)
    try:
        code = soak.wait(SOAK_TIMEOUT)
    finally:
        end(soak)
        print(log.read_text()[-20_000:])
    report = json.loads(out.read_text())
    assert code == 0 and report["good"], report["problems"]
    assert len(report["topics"]) == len(TOPICS)
    assert all(topic["records"] > 100 for topic in report["topics"])
    assert sum(report["faults"].values()) >= 3


# ---- the judge, on logs that are made up ----


@dataclass(frozen=True)
class FakeMessage:
    """What the judge asks a consumer's message for."""

    fields: tuple
    place: int

    def partition(self): return 0
    def offset(self): return self.place
    def key(self): return self.fields[0]
    def value(self): return self.fields[1]
    def headers(self): return list(self.fields[2])
    def timestamp(self): return (1, self.fields[3])


class FakeCluster:
    def __init__(self, messages: list[FakeMessage]):
        self.messages = messages

    def start_offsets(self, _topic: str) -> dict[int, int]:
        return {0: 0}


def written(plan: TopicPlan) -> tuple[Truth, list[FakeMessage]]:
    """A writer's truth and the log that it led to: record n at offset n, each tenth is aborted."""
    truth, log = Truth(), []
    for number in range(RECORDS):
        is_aborted = plan.is_transactional and number % 10 == 9
        if plan.is_transactional:
            truth.begin_transaction()
            truth.end_transaction(Truth.ABORTED if is_aborted else Truth.COMMITTED)
        truth.delivered(truth.sent(1000 + number), number)
        if not is_aborted:
            log.append(FakeMessage((*plan.content(0, number), 1000 + number), number))
    return truth, log


def verdict_on(monkeypatch, plan: TopicPlan, change, **options) -> judging.Verdict:
    """What the judge says of a copy that `change` has made of the source's log."""
    monkeypatch.setattr(judging, "read_partition",
                        lambda cluster, *_: iter(cluster.messages))
    plan = replace(plan, partitions=1)
    truth, log = written(plan)
    judge = judging.TopicJudge(plan, [truth], options.get("is_translated", False))
    copy = change(list(log))
    return judge.judge(FakeCluster(log), FakeCluster(copy), options.get("keeps_all", True))


def swapped(log):
    return log[:10] + [log[11], log[10]] + log[12:]


def another_value(log):
    return log[:5] + [FakeMessage((log[5].key(), b"0.6.", *log[5].fields[2:]), 5)] + log[6:]


def an_aborted_one(log):
    content = replace(PLANS["transactions"], partitions=1).content(0, 9)
    return log[:9] + [FakeMessage((*content, 1009), 9)] + log[9:]


def dense(log):
    return [replace(message, place=place) for place, message in enumerate(log)]


@pytest.mark.parametrize("topic, change, found", [
    ("dense", lambda log: log, {}),
    ("dense", lambda log: log[:20] + log[21:], {"lost": 1}),
    ("dense", lambda log: log[:-1], {"lost": 1}),
    ("dense", lambda log: log + [replace(log[-1], place=RECORDS)], {"doubled": 1}),
    ("dense", swapped, {"reordered": 1}),
    ("dense", another_value, {"changed": 1, "lost": 1}),
    ("dense", lambda log: [replace(m, place=m.place + 1) for m in log], {"changed": RECORDS}),
    ("append-time", lambda log: log[:3] + [FakeMessage((*log[3].fields[:3], 7), 3)] + log[4:],
     {"changed": 1}),
    ("headers", lambda log: log[:3] + [FakeMessage((None, b"", (), 7), 3)] + log[4:],
     {"phantom": 1, "lost": 1}),
    ("transactions", lambda log: log, {}),
    ("transactions", an_aborted_one, {"phantom": 1}),
])
def test_judge_finds_what_is_wrong(monkeypatch, topic, change, found):
    verdict = verdict_on(monkeypatch, PLANS[topic], change)
    assert dict(verdict.counts) == found, verdict.examples
    assert verdict.is_good == (not found)


def test_judge_allows_only_dense_offsets_where_they_are_translated(monkeypatch):
    plan = PLANS["transactions"]
    assert verdict_on(monkeypatch, plan, dense, is_translated=True).is_good
    assert verdict_on(monkeypatch, plan, lambda log: log, is_translated=True).counts["changed"] > 0


def newest_of_each_key(log):
    newest = {message.key(): message.place for message in log}
    return [message for message in log if newest[message.key()] == message.place]


def test_judge_wants_the_newest_record_of_each_key(monkeypatch):
    plan = PLANS["compacted"]
    assert verdict_on(monkeypatch, plan, newest_of_each_key, keeps_all=False).is_good
    cut = verdict_on(monkeypatch, plan, lambda log: newest_of_each_key(log)[:-1], keeps_all=False)
    assert cut.counts["lost"] == 1
    assert not verdict_on(monkeypatch, plan, newest_of_each_key, keeps_all=True).is_good


def test_judge_tells_what_the_source_itself_has_lost(monkeypatch):
    monkeypatch.setattr(judging, "read_partition", lambda cluster, *_: iter(cluster.messages))
    plan = replace(PLANS["dense"], partitions=1)
    truth, log = written(plan)
    verdict = judging.TopicJudge(plan, [truth], False).judge(
        FakeCluster(log[:-1]), FakeCluster(log[:-1]), True)
    assert verdict.source_problems == 1 and not verdict.is_good


def source_and_copy(monkeypatch, log, truth):
    monkeypatch.setattr(judging, "read_partition", lambda cluster, *_: iter(cluster.messages))
    plan = replace(PLANS["transactions"], partitions=1)
    return judging.TopicJudge(plan, [truth], False).judge(FakeCluster(log), FakeCluster(log), True)


def one_transaction(plan, told: int) -> tuple[Truth, list[FakeMessage]]:
    truth, log = Truth(), []
    truth.begin_transaction()
    for number in range(5):
        truth.delivered(truth.sent(1000 + number), number)
        log.append(FakeMessage((*plan.content(0, number), 1000 + number), number))
    truth.end_transaction(told)
    return truth, log


@pytest.mark.parametrize("told, there", [(Truth.COMMITTED, 0), (Truth.ABORTED, 5)])
def test_judge_believes_the_source_where_its_client_was_told_another_end(monkeypatch, told, there):
    truth, log = one_transaction(replace(PLANS["transactions"], partitions=1), told)
    verdict = source_and_copy(monkeypatch, log[:there], truth)
    assert verdict.is_good and "1 transactions ended otherwise" in verdict.note, verdict.examples


@pytest.mark.parametrize("told", [Truth.COMMITTED, Truth.ABORTED])
def test_judge_finds_a_torn_transaction(monkeypatch, told):
    truth, log = one_transaction(replace(PLANS["transactions"], partitions=1), told)
    assert source_and_copy(monkeypatch, log[:3], truth).source_problems > 0
