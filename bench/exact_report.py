"""The result of `./dev bench exact` as Markdown: tables, two sides compared, bars."""

import os
from statistics import median

from report import machine, table
from sides import BASE, CREATES, OURS, FranzLoop

COLUMNS = ("contender", "runs", "seconds", "from .. to", "first record s", "first to last s",
           "CPU-s", "peak RSS MB", "CPU-s source broker", "CPU-s target broker",
           "batches at the target", "MB at the target", "CPU-s of others")
LABELS = {OURS: "**Lockstep**", CREATES: "**Lockstep**, creates the topic",
          BASE: "the other side", FranzLoop.name: "franz-go loop"}
COMPARED = {"seconds": "time", "cpu_seconds": "CPU", "target_broker_cpu_seconds":
            "CPU of the target broker"}
SLOWER_AT_MOST = 1.05
MUCH = 0.1  # of the processors' time, used by others


def markdown(result: dict) -> str:
    kafka = result["kafka"]
    lines = [f"# Exact copying, Kafka {kafka} to Kafka {kafka} on loopback", "",
             machine(result) + disturbed(result), "", f"`offsets: {result['offsets']}`", "",
             *(f"- {LABELS[name]}: `{what}`" for name, what in result["contenders"].items()), ""]
    for name, workload in result["workloads"].items():
        lines += [f"## ({name}) {workload['title']}", "", told(workload["source"]), "",
                  *table(COLUMNS, [row(workload, one) for one in contenders_of(workload)]), ""]
    compared = [pair for name, workload in result["workloads"].items()
                for pair in ratios(name, workload)]
    if compared:
        lines += ["## Lockstep against the other side, run by run", "",
                  *table(("figure", "median ratio", "from .. to"), compared), ""]
    held = bars(result)
    if held:
        lines += ["## Bars", "", *table(("figure", "measured", "must reach", ""), held), ""]
    return "\n".join(lines)


def told(source: dict) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number:,.0f}" for name, number in source.items())


def disturbed(result: dict) -> str:
    """How many runs had to share the machine with something else."""
    runs = [run for workload in result["workloads"].values() for run in workload["runs"]]
    shares = [run["others_cpu_seconds"] / (run["seconds"] * os.cpu_count()) for run in runs]
    many = sum(share > MUCH for share in shares)
    return (f" **In {many} of {len(runs)} runs others used more than a tenth of the "
                   "processors' time: their seconds are not worth much.**") if many else ""


def contenders_of(workload: dict) -> list[str]:
    return [name for name in LABELS if runs_of(workload, name)]


def runs_of(workload: dict, contender: str) -> list[dict]:
    return [run for run in workload["runs"] if run["contender"] == contender]


def middle(workload: dict, contender: str, key: str) -> float:
    return median(run[key] for run in runs_of(workload, contender))


def row(workload: dict, name: str) -> tuple:
    runs = runs_of(workload, name)
    seconds = [run["seconds"] for run in runs]
    after_first = median(run["seconds"] - run["first_record_seconds"] for run in runs)

    def number(key: str, digits: int) -> str:
        return f"{middle(workload, name, key):.{digits}f}"

    return (LABELS[name], str(len(runs)), number("seconds", 2),
            f"{min(seconds):.2f} .. {max(seconds):.2f}", number("first_record_seconds", 2),
            f"{after_first:.2f}", number("cpu_seconds", 2), number("peak_rss_mb", 0),
            number("source_broker_cpu_seconds", 2), number("target_broker_cpu_seconds", 2),
            number("target_batches", 0), f"{middle(workload, name, 'target_bytes') / 1e6:.0f}",
            number("others_cpu_seconds", 1))


def pair_ratios(workload: dict, key: str) -> list[float]:
    """This side to the other one, for each round in which both ran."""
    others = {run["round"]: run[key] for run in runs_of(workload, BASE)}
    return [run[key] / others[run["round"]] for run in runs_of(workload, OURS)
            if others.get(run["round"])]


def ratios(name: str, workload: dict) -> list[tuple]:
    rows = []
    for key, what in COMPARED.items():
        found = pair_ratios(workload, key)
        if found:
            rows.append((f"({name}) {what}", f"{median(found):.3f}",
                         f"{min(found):.3f} .. {max(found):.3f}"))
    return rows


def bars(result: dict) -> list[tuple]:
    """The bars of exact copying. A tenth of the data has no bars in seconds."""
    rows: list[tuple] = []
    workloads = result["workloads"]

    def bar(figure: str, measured: float, limit: float, unit: str) -> None:
        verdict = "reached" if measured <= limit else "**missed**"
        rows.append((figure, f"{measured:.2f} {unit}", f"{limit:.2f} {unit}", verdict))

    def seconds(name: str, contender: str, limit: float) -> None:
        workload = workloads.get(name)
        if workload and runs_of(workload, contender) and not result["quick"]:
            bar(f"({name}) {LABELS[contender].replace('*', '')}: time",
                middle(workload, contender, "seconds"), limit, "s")

    seconds("tiny", OURS, 0.5)
    seconds("tiny", CREATES, 0.5)
    tiny = workloads.get("tiny")
    if tiny and runs_of(tiny, OURS) and runs_of(tiny, FranzLoop.name):
        bar("(tiny) CPU of the target broker, 1.5 x the franz-go loop's",
            middle(tiny, OURS, "target_broker_cpu_seconds"),
            1.5 * middle(tiny, FranzLoop.name, "target_broker_cpu_seconds"), "CPU-s")
    seconds("start", OURS, 20)
    start = workloads.get("start")
    if start and runs_of(start, OURS):
        bar("(start) disk of the target", middle(start, OURS, "target_bytes") / 1e6, 150, "MB")
    seconds("holes", OURS, 20)
    seconds("long-holes", OURS, 20)
    dense = workloads.get("dense")
    for key, what in COMPARED.items():
        found = pair_ratios(dense, key) if dense else []
        if found and key != "target_broker_cpu_seconds":
            bar(f"(dense) {what}, against the other side", median(found), SLOWER_AT_MOST, "x")
    return rows
