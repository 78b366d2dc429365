// What a seed makes of a run.

#include "sim/faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using sandbox::KafkaVersion;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

template <typename T>
T pick(Rng& rng, std::initializer_list<T> choices) {
    return *(choices.begin() + rng.below(choices.size()));
}

/// Disks that are full, slow or damaged; larger records, and little memory for them.
void draw_disks(ScenarioPlan& plan, Rng& extras) {
    if (extras.chance(0.5)) {
        return;
    }
    plan.write_length = pick<Duration>(extras, {seconds(60), seconds(60), seconds(40)});
    plan.most_header_bytes = pick<uint64_t>(extras, {40, 1000});
    for (Limits& limits : plan.limits) {
        limits.in_flight_bytes = pick<int64_t>(extras, {256 << 10, 4 << 20});
    }
    for (const std::string& kind : fault_kinds(FaultSet::disk)) {
        if (extras.chance(0.4)) {
            plan.faults.push_back(kind);
        }
    }
}

/// What a run has beside: drawn from numbers of its own, so that seeds without it stay the same.
void draw_extras(ScenarioPlan& plan, Rng& extras) {
    plan.limits.resize(static_cast<size_t>(plan.workers));
    for (Limits& limits : plan.limits) {
        limits.in_flight_bytes = int64_t{4} << 20;
    }
    if (extras.chance(0.3)) {
        return;
    }
    plan.groups = static_cast<int>(extras.below(4));
    for (Limits& limits : plan.limits) {
        limits.in_flight_bytes = pick<int64_t>(extras, {1 << 20, 4 << 20});
        limits.discovery_interval = pick(extras, {milliseconds(500), milliseconds(2000)});
        limits.verify_bytes_per_second = pick<int64_t>(extras, {0, 1 << 20, 16 << 20});
    }
    plan.on_overrun = pick(extras, {OverrunRule::stop, OverrunRule::continue_past});
    if (plan.offsets == OffsetsMode::translate) {
        plan.on_recreated = pick(extras, {RecreatedRule::stop, RecreatedRule::continue_behind});
    }
    const double chance = pick(extras, {0.2, 0.6});
    for (const std::string& kind : fault_kinds(FaultSet::extra)) {
        if (extras.chance(chance)) {
            plan.faults.push_back(kind);
        }
    }
    draw_disks(plan, extras);
}

/// Workers that make other batches of the same records, as those of two versions do while one is
/// rolled out. Drawn last, so that all else of a seed stays the same.
void draw_versions(ScenarioPlan& plan, Rng& extras) {
    plan.compressions.resize(plan.limits.size(), Compression::keep);
    if (plan.compressions.size() > 1 && extras.chance(0.4)) {
        plan.compressions.back() = pick(
            extras, {Compression::none, Compression::gzip, Compression::lz4, Compression::zstd});
    }
}

bool has_kind(const ScenarioPlan& plan, TopicKind kind) {
    return std::ranges::count(plan.topics, kind, &TopicPlan::kind) > 0;
}

/// What hardly ever meets by itself, in one seed of five: all others stay as they were, also those
/// that once found something. Here, what such faults need to do harm.
void draw_rare_setup(ScenarioPlan& plan, Rng& rare) {
    if (rare.chance(0.5)) {
        plan.workers = 2;
    }
    if (rare.chance(0.5)) {
        plan.target_brokers = 1;  // who has died leads again
    }
    plan.topics.front().kind = pick(rare, {TopicKind::transactional, TopicKind::transactional,
                                           TopicKind::compacted, TopicKind::high_start});
}

/// A topic that is created anew while nobody looks, where only the stored maps can tell: for half
/// of those that have it. By numbers of its own.
void draw_unseen(ScenarioPlan& plan, Rng unseen) {
    if (!plan.has_fault("recreate unseen")) {
        return;
    }
    if (plan.has_fault("lose tail asleep") && unseen.chance(0.5)) {
        std::erase(plan.faults, "lose tail asleep");  // else it would take the other one's place
        std::erase(plan.faults, "lose target tail");
    }
    if (!plan.loses_target_tails() && unseen.chance(0.5)) {
        plan.offsets = OffsetsMode::translate;
        plan.target_version = pick(unseen, {KafkaVersion::v3_9, KafkaVersion::v4_3});
        plan.topics.front().kind = TopicKind::plain;
    }
}

void draw_rare_faults(ScenarioPlan& plan, uint64_t seed, Rng& rare) {
    if (rare.chance(0.5)) {
        plan.faults.clear();
    }
    for (const std::string& kind : fault_kinds(FaultSet::rare)) {
        if (rare.chance(0.6)) {
            plan.faults.push_back(kind);
        }
    }
    draw_unseen(plan, Rng(seed ^ 0x756e'7365'656e'0000));
    const bool is_filled =
        plan.offsets == OffsetsMode::preserve && has_kind(plan, TopicKind::high_start);
    plan.dies_preparing = is_filled && rare.chance(0.7);
    // Where all records are young, no broker forgets their producers, however often it looks.
    plan.forgets_at_once = is_filled && !has_kind(plan, TopicKind::historical) && rare.chance(0.7);
}

/// Where both logs have all that was copied, and no two records look alike, a map can be told from
/// them again.
void draw_map_faults(ScenarioPlan& plan) {
    if (plan.offsets != OffsetsMode::translate || has_kind(plan, TopicKind::compacted) ||
        plan.has_nulls) {
        return;
    }
    for (const char* kind : {"raise log start", "overtake", "recreate topic", "recreate unseen",
                             "lose source tail", "lose target tail", "lose tail asleep"}) {
        std::erase(plan.faults, kind);
    }
    for (const std::string& kind : fault_kinds(FaultSet::maps)) {
        plan.faults.push_back(kind);
    }
}

}  // namespace

ScenarioPlan draw_plan(uint64_t seed, Rng& rng) {
    Rng extras(~seed);
    ScenarioPlan plan;
    plan.offsets = pick(rng, {OffsetsMode::preserve, OffsetsMode::translate});
    plan.source_brokers = pick(rng, {1, 1, 2, 3});
    plan.target_brokers = pick(rng, {1, 1, 2, 3});
    const auto versions = {KafkaVersion::v2_8, KafkaVersion::v3_9, KafkaVersion::v4_3};
    plan.source_version = pick(rng, versions);
    plan.target_version = pick(rng, versions);
    const auto kinds = {TopicKind::plain,      TopicKind::transactional, TopicKind::compacted,
                        TopicKind::high_start, TopicKind::append_time,   TopicKind::historical};
    const uint64_t topics = 1 + rng.below(3);
    for (uint64_t i = 0; i < topics; ++i) {
        plan.topics.push_back({fmt::format("topic-{}", i), pick(rng, kinds), pick(rng, {1, 1, 2})});
    }
    plan.workers = pick(rng, {1, 1, 2});
    plan.latency.most = pick<Duration>(rng, {milliseconds(1), milliseconds(5), milliseconds(60)});
    plan.write_interval = pick<Duration>(rng, {milliseconds(20), milliseconds(100)});
    plan.fault_interval = pick<Duration>(rng, {seconds(2), seconds(5), seconds(15)});
    // Each kind with a chance of its own: most runs have some kinds only (swarm testing).
    const double chance = pick(rng, {0.1, 0.4, 0.8});
    for (const std::string& kind : fault_kinds(FaultSet::first)) {
        if (rng.chance(chance)) {
            plan.faults.push_back(kind);
        }
    }
    const bool is_rare = seed % 5 == 3;
    Rng rare(seed ^ 0x7261'7265'0000'0000);
    if (is_rare) {
        draw_rare_setup(plan, rare);
    }
    draw_extras(plan, extras);
    draw_versions(plan, extras);
    // By numbers of its own: seeds without it stay what they were.
    plan.has_idempotent_writers = Rng(seed ^ 0x6964'656d'0000'0000).chance(0.5);
    plan.has_nulls = Rng(seed ^ 0x6e75'6c6c'0000'0000).chance(0.3);
    Rng sessions(seed ^ 0x7365'7373'0000'0000);
    if (sessions.chance(0.3)) {
        for (Limits& limits : plan.limits) {
            limits.session_partitions = pick<size_t>(sessions, {1, 2});
        }
    }
    if (is_rare) {
        draw_rare_faults(plan, seed, rare);
    } else if (seed % 10 == 9) {
        draw_map_faults(plan);
    }
    // What comes late from a worker whose turn is over, just when another one has looked at the log
    // and is about to write markers: of a compacted topic, no stock broker can tell.
    if (plan.offsets == OffsetsMode::preserve && has_kind(plan, TopicKind::compacted)) {
        std::erase(plan.faults, "cut off");
    }
    // Together they take records away for good, which is told, but is not in step.
    if (plan.loses_target_tails()) {
        std::erase(plan.faults, "raise log start");
        std::erase(plan.faults, "overtake");
        std::erase(plan.faults, "recreate topic");
        std::erase(plan.faults, "recreate unseen");
    }
    return plan;
}

}  // namespace lockstep::sim
