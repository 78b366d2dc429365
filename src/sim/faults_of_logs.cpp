// What happens to topics, their logs and their groups: a part of Faults.

#include "sim/faults.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace lockstep::sim {

using sandbox::Partition;
using std::chrono::seconds;

void Faults::compact() {
    compact_in(draw_place());
}

void Faults::compact_in(Place& place) {
    for (const TopicPlan& plan : scenario_.plan_.topics) {
        const auto topic = place.cluster->cluster().find_topic(plan.name);
        if (plan.kind != TopicKind::compacted || !topic || !topic->log_config.is_compacted) {
            continue;
        }
        scenario_.world_.note(fmt::format("compact {} on {}", plan.name, place.name));
        for (const auto& partition : topic->partitions) {
            partition->log.compact(topic->log_config, place.cluster->cluster().now_ms());
            scenario_.workload_->on_compacted({plan.name, partition->index});
        }
    }
}

/// Only what has been copied: where retention overtakes the copy is another fault. What was copied
/// of a log that has been cut cannot be told by offsets.
void Faults::raise_log_start() {
    std::string name;
    const auto partition = draw_partition(scenario_.source_, name);
    const bool is_meant = partition && scenario_.plan_.offsets == OffsetsMode::preserve &&
                          !scenario_.workload_->truth().at({name, partition->index}).was_cut;
    if (!is_meant) {
        return;
    }
    const auto copy =
        scenario_.target_.cluster->cluster().find_partition(name, partition->index.value());
    const Offset from = partition->log.start_offset();
    const Offset to =
        copy ? std::min(copy->log.end_offset(), partition->log.last_stable_offset()) : from;
    if (to <= from) {
        return;
    }
    const auto by =
        static_cast<int64_t>(scenario_.world_.rng().below(static_cast<uint64_t>(to - from) + 1));
    scenario_.world_.note(fmt::format("log start of {}-{} goes to {}", name,
                                      partition->index.value(), (from + by).value()));
    partition->log.delete_before(from + by);
}

/// Retention takes away what nobody has copied, while no worker is there to do it.
void Faults::overtake() {
    std::string name;
    const auto partition = draw_partition(scenario_.source_, name);
    if (!partition) {
        return;
    }
    kill_all_workers();
    scenario_.world_.after(seconds(1), [this, id = TopicPartition{name, partition->index}] {
        if (is_deserted() && !is_over()) {
            delete_uncopied(id);
        }
    });
}

void Faults::delete_uncopied(const TopicPartition& id) {
    const auto log =
        scenario_.source_.cluster->cluster().find_partition(id.topic, id.partition.value());
    const auto copy =
        scenario_.target_.cluster->cluster().find_partition(id.topic, id.partition.value());
    if (!log || !copy) {
        return;
    }
    std::set<std::string> copied;
    for (SeenRecord& record : consume(copy->log)) {
        copied.insert(std::move(record.value));
    }
    // In the order of the source: behind the last one that is there, all are missing. Where none
    // is, it is a log that begins further on.
    std::vector<int64_t> missing;
    bool is_begun = false;
    for (const SeenRecord& record : consume(log->log)) {
        if (copied.contains(record.value)) {
            is_begun = true;
            missing.clear();
        } else {
            missing.push_back(record.offset);
        }
    }
    if (!is_begun || missing.empty()) {
        return;
    }
    const size_t lost = 1 + scenario_.world_.rng().below(missing.size());
    const Offset start(missing[lost - 1] + 1);
    scenario_.world_.note(fmt::format("{} loses {} records before {} that nobody has copied",
                                      id.to_string(), lost, start.value()));
    log->log.delete_before(start);
    scenario_.workload_->on_overtaken(id, static_cast<int64_t>(lost));
}

std::optional<std::string> Faults::draw_old_topic() {
    const auto& plans = scenario_.workload_->plans();
    const std::string name = plans[scenario_.world_.rng().below(plans.size())].name;
    const bool is_there = scenario_.source_.cluster->cluster().find_topic(name) != nullptr;
    const bool is_old =
        is_there && !scenario_.workload_->truth().at({name, PartitionIndex(0)}).was_recreated;
    return is_old ? std::optional(name) : std::nullopt;
}

/// Or only deletes it.
void Faults::recreate_topic() {
    const auto name = draw_old_topic();
    if (!name) {
        return;
    }
    scenario_.world_.note(fmt::format("{} is deleted", *name));
    scenario_.workload_->delete_topic(*name);
    scenario_.groups_->forget_topic(*name);
    if (scenario_.world_.rng().chance(0.8)) {
        heal_later(seconds(10), fmt::format("{} is created again", *name),
                   [this, name = *name] { scenario_.workload_->recreate_topic(name); });
    }
}

/// The source's disk gives something else than was written to it.
void Faults::damage_reads() {
    std::string name;
    const auto partition = draw_partition(scenario_.source_, name);
    if (!partition) {
        return;
    }
    const std::string what =
        fmt::format("damage of what is read of {}-{}", name, partition->index.value());
    scenario_.world_.note(what);
    partition->log.damage_reads(scenario_.world_.rng().next());
    damaged_.begin(partition);
    heal_later(seconds(10), what, [this, partition] {
        if (damaged_.end(partition)) {
            partition->log.damage_reads(std::nullopt);
        }
    });
}

void Faults::move_group() {
    scenario_.groups_->move_one();
}

void Faults::add_partition() {
    Rng& rng = scenario_.world_.rng();
    const auto& plans = scenario_.workload_->plans();
    const TopicPlan& plan = plans[rng.below(plans.size())];
    const auto topic = scenario_.source_.cluster->cluster().find_topic(plan.name);
    constexpr size_t kMostPartitions = 4;
    if (topic && topic->partitions.size() < kMostPartitions) {
        scenario_.world_.note(fmt::format("{} gets a partition more", plan.name));
        scenario_.workload_->add_partition(plan.name);
    }
}

}  // namespace lockstep::sim
