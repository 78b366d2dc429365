#include "sim/scenario.h"

#include "base/assert.h"
#include "base/log.h"
#include "protocol/records.h"
#include "sim/faults.h"
#include "sim/map_check.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr Duration kLookInterval = seconds(5);
/// How long everything may take to be in step again, once all is healed.
constexpr Duration kPatience = seconds(180);
constexpr size_t kMostProblems = 20;
constexpr Duration kCommitInterval = milliseconds(300);
constexpr Duration kForgetInterval = milliseconds(50);
/// So many offsets before what is said to be copied are looked at.
constexpr int64_t kLookBack = 300;

std::string_view name_of(OffsetsMode mode) {
    return mode == OffsetsMode::preserve ? "preserve" : "translate";
}

/// "" for a batch of records.
std::string marker_text(const protocol::RecordBatchView& batch) {
    if (!batch.is_control()) {
        return "";
    }
    auto reader = protocol::RecordReader::open(batch);
    const auto record =
        reader.has_value() ? reader->next() : Result<std::optional<protocol::Record>>();
    if (record.has_error() || !*record) {
        return ", a marker that cannot be read";
    }
    const auto control = protocol::parse_control_record(**record);
    return control.has_error()
               ? ", a marker that cannot be read"
               : fmt::format(", a marker, coordinator epoch {}", control->coordinator_epoch);
}

}  // namespace

Scenario::Scenario(uint64_t seed)
    : seed_(seed), world_(seed), internet_(world_), plan_(draw_plan(seed, world_.rng())) {
    internet_.set_latency(plan_.latency);
}

Scenario::~Scenario() = default;

Place Scenario::make_place(const std::string& name, int32_t brokers,
                           sandbox::KafkaVersion version) {
    sandbox::ClusterOptions options;
    options.name = name;
    options.version = version;
    options.brokers = brokers;
    if (plan_.has_fault("deny")) {
        options.has_authorizer = true;
        options.broker_config["allow.everyone.if.no.acl.found"] = "true";
    }
    if (plan_.groups > 0) {
        options.broker_config["group.initial.rebalance.delay.ms"] = "0";
    }
    if (forgets_often_) {
        options.broker_config["producer.id.expiration.check.interval.ms"] = "5000";
    }
    return open_place(world_, internet_, std::move(options));
}

WorkerSetup Scenario::worker_setup(size_t number) {
    WorkerSetup setup;
    setup.clusters = {spec_of(source_), spec_of(target_)};
    LinkSpec link;
    link.name = kLinkName;
    link.source = source_.name;
    link.target = target_.name;
    link.topics = {"topic-.*"};
    link.offsets = plan_.offsets;
    link.on_overrun = plan_.on_overrun;
    link.on_recreated = plan_.on_recreated;
    if (plan_.groups > 0) {
        link.groups = {".*"};
    }
    link.compression = plan_.compressions[number];
    setup.links.push_back(std::move(link));
    setup.limits = plan_.limits[number];
    return setup;
}

void Scenario::describe() {
    world_.note(fmt::format("seed {}: {}, {} x {} -> {} x {}, {} workers, latency up to {} ms",
                            seed_, name_of(plan_.offsets), plan_.source_brokers,
                            to_string(plan_.source_version), plan_.target_brokers,
                            to_string(plan_.target_version), plan_.workers,
                            plan_.latency.most / milliseconds(1)));
    if (plan_.compressions.back() != Compression::keep) {
        world_.note("the last worker makes other batches");
    }
    if (plan_.has_idempotent_writers) {
        world_.note("the writers are idempotent");
    }
    if (plan_.has_nulls) {
        world_.note("some records have no key, or no value");
    }
    for (const TopicPlan& topic : plan_.topics) {
        world_.note(fmt::format("{}: {}, {} partitions", topic.name, to_string(topic.kind),
                                topic.partitions));
    }
    std::string faults;
    for (const std::string& kind : plan_.faults) {
        faults += (faults.empty() ? "" : ", ") + kind;
    }
    world_.note("faults: " + (faults.empty() ? "none" : faults));
    world_.note(fmt::format("{} groups, on_overrun: {}, on_recreated: {}", plan_.groups,
                            plan_.on_overrun == OverrunRule::stop ? "stop" : "continue",
                            plan_.on_recreated == RecreatedRule::stop ? "stop" : "continue"));
}

void Scenario::add_problem(std::string problem) {
    if (outcome_.problems.size() < kMostProblems) {
        outcome_.problems.push_back(std::move(problem));
    }
}

void Scenario::note_states() {
    for (size_t number = 0; number < workers_.size(); ++number) {
        const auto& worker = workers_[number];
        if (!worker || worker->node().is_paused()) {
            continue;
        }
        for (const LinkStatus& link : worker->status()) {
            const Limits& limits = plan_.limits[number];
            // Partitions move between brokers: each may have had nearly all of them.
            const auto sessions =
                static_cast<int64_t>(1 + link.partitions.size() / limits.session_partitions);
            const MemoryRule rule{limits.in_flight_bytes, plan_.source_brokers * sessions};
            if (auto over = memory_problem(worker->node().name(), link.in_flight_bytes, rule)) {
                add_problem(std::move(*over));
            }
            check_errors(link);
            for (const PartitionStatus& partition : link.partitions) {
                const std::string who =
                    fmt::format("{} {}", worker->node().name(), partition.id.to_string());
                const std::string state =
                    fmt::format("{}{}{}", to_string(partition.state),
                                partition.reason.empty() ? "" : ": ", partition.reason);
                if (std::exchange(told_states_[who], state) != state) {
                    world_.note(fmt::format("  {} is {}", who, state));
                }
            }
        }
    }
}

/// Checker "nothing refused": where nothing goes wrong, and nobody else copies, nothing that a
/// worker which has begun asks for fails.
void Scenario::check_errors(const LinkStatus& link) {
    constexpr TimePoint kHasBegun = World::kStart + seconds(15);
    if (!plan_.faults.empty() || plan_.dies_preparing || kill_step_ || plan_.workers > 1 ||
        world_.now() < kHasBegun) {
        return;
    }
    if (auto problem = refusals_.look(link.errors)) {
        add_problem(std::move(*problem));
    }
}

std::vector<Scenario::CheckedPartition> Scenario::partitions() const {
    std::vector<CheckedPartition> all;
    for (const TopicPlan& plan : workload_->plans()) {
        for (int32_t i = 0; i < plan.partitions; ++i) {
            const TopicPartition id{plan.name, PartitionIndex(i)};
            all.push_back({id, plan, workload_->truth().at(id)});
        }
    }
    return all;
}

void Scenario::check_safety(const std::string& when) {
    for (const CheckedPartition& checked : partitions()) {
        const auto copy = target_.cluster->cluster().find_partition(checked.id.topic,
                                                                    checked.id.partition.value());
        if (!copy) {
            continue;
        }
        const CopyCheck check(checked.plan, rules());
        const auto copied = consume(copy->log);
        auto problems = check.safety(checked.truth, copied);
        if (const auto claimed = said_to_be_copied(checked)) {
            const auto log = source_.cluster->cluster().find_partition(
                checked.id.topic, checked.id.partition.value());
            std::ranges::move(
                check.honesty(consume(log->log, *claimed - kLookBack), copied, *claimed),
                std::back_inserter(problems));
        }
        for (const std::string& problem : problems) {
            add_problem(fmt::format("{} ({}, {})", problem, checked.id.to_string(), when));
        }
    }
    for (const std::string& problem : groups_->changed()) {
        add_problem(fmt::format("{} ({})", problem, when));
    }
    // A target that loses its newest records leaves groups behind its end.
    for (const std::string& problem :
         plan_.loses_target_tails() ? std::vector<std::string>() : groups_->beyond()) {
        add_problem(fmt::format("{} ({})", problem, when));
    }
}

/// Up to where some worker says that everything is copied; nothing where the copy or its source may
/// have lost some of it since.
std::optional<Offset> Scenario::said_to_be_copied(const CheckedPartition& checked) const {
    const TruePartition& truth = checked.truth;
    const bool may_have_less = plan_.loses_target_tails() || truth.was_cut || truth.was_recreated ||
                               checked.plan.kind == TopicKind::compacted;
    std::optional<Offset> claimed;
    for (const auto& worker : workers_) {
        if (!worker || may_have_less) {
            continue;
        }
        for (const LinkStatus& link : worker->status()) {
            const auto said = std::ranges::find(link.partitions, checked.id, &PartitionStatus::id);
            if (said != link.partitions.end() && said->next_offset) {
                claimed = std::max(claimed.value_or(Offset(0)), *said->next_offset);
            }
        }
    }
    return claimed;
}

std::string Scenario::blocked_because(const TopicPartition& id) const {
    std::string reason;
    for (const auto& worker : workers_) {
        for (const LinkStatus& link : worker ? worker->status() : std::vector<LinkStatus>()) {
            for (const PartitionStatus& partition : link.partitions) {
                if (partition.id == id && partition.state == PartitionState::running) {
                    return "";
                }
                if (partition.id == id && partition.state == PartitionState::blocked) {
                    reason = partition.reason;
                }
            }
        }
    }
    return reason;
}

uint64_t Scenario::lost_offsets(const TopicPartition& id) const {
    const auto told = lost_told_by_dead_.find(id);
    uint64_t lost = told == lost_told_by_dead_.end() ? 0 : told->second;
    for (const auto& worker : workers_) {
        for (const LinkStatus& link : worker ? worker->status() : std::vector<LinkStatus>()) {
            for (const PartitionStatus& partition : link.partitions) {
                lost += partition.id == id ? partition.lost_offsets : 0;
            }
        }
    }
    return lost;
}

/// Whether some worker says that nothing is missing. Who is beyond the end has not seen yet that
/// the log was cut, or made anew.
bool Scenario::is_copied(const TopicPartition& id) const {
    const auto log = source_.cluster->cluster().find_partition(id.topic, id.partition.value());
    const auto is_done = [&](const PartitionStatus& partition) {
        return log && partition.id == id && partition.state == PartitionState::running &&
               partition.next_offset == log->log.end_offset();
    };
    return std::ranges::any_of(workers_, [&](const std::unique_ptr<Worker>& worker) {
        const auto links = worker ? worker->status() : std::vector<LinkStatus>();
        return !links.empty() && std::ranges::any_of(links[0].partitions, is_done);
    });
}

bool Scenario::is_start_followed(const CheckedPartition& checked) const {
    const int32_t index = checked.id.partition.value();
    const auto log = source_.cluster->cluster().find_partition(checked.id.topic, index);
    const auto copy = target_.cluster->cluster().find_partition(checked.id.topic, index);
    // A compacted topic does not let anybody delete its records.
    const bool is_expected = plan_.offsets == OffsetsMode::preserve && log && copy &&
                             checked.plan.kind != TopicKind::compacted;
    return !is_expected || copy->log.start_offset() >= log->log.start_offset();
}

/// A worker that has not seen yet what the target has lost says so of a copy that is not.
bool Scenario::is_complete(const CheckedPartition& checked) const {
    const auto& [topic, partition] = checked.id;
    const auto log = source_.cluster->cluster().find_partition(topic, partition.value());
    const auto copy = target_.cluster->cluster().find_partition(topic, partition.value());
    return log && copy &&
           CopyCheck(checked.plan, rules())
               .completeness(consume(log->log), consume(copy->log))
               .empty();
}

/// Copied, or where that cannot be, blocked with a reason. Of a topic that was deleted before a
/// worker was started, that worker knows nothing.
bool Scenario::is_settled(const CheckedPartition& checked) const {
    const auto& [id, plan, truth] = checked;
    if ((is_copied(id) && is_start_followed(checked) && is_complete(checked)) ||
        !source_.cluster->cluster().find_topic(id.topic)) {
        return true;
    }
    const std::string reason = blocked_because(id);
    if (reason.empty()) {
        return false;
    }
    const auto copy = target_.cluster->cluster().find_partition(id.topic, id.partition.value());
    const auto copied = copy ? consume(copy->log) : std::vector<SeenRecord>();
    return CopyCheck(plan, rules()).may_block(truth, copied, reason);
}

std::vector<std::string> Scenario::map_problems(const CheckedPartition& checked) const {
    const sandbox::Cluster& cluster = target_.cluster->cluster();
    const auto& [topic, partition] = checked.id;
    const auto copy = cluster.find_partition(topic, partition.value());
    if (!copy || plan_.offsets == OffsetsMode::preserve || !is_copied(checked.id)) {
        return {};
    }
    const StoredMaps maps = stored_maps(cluster);
    return MapCheck(maps, checked.id).problems(copy->log, checked.truth);
}

bool Scenario::is_in_step() const {
    return std::ranges::all_of(partitions(),
                               [this](const auto& checked) { return is_settled(checked); }) &&
           groups_->inexact(without_groups()).empty();
}

std::string Scenario::what_is_not_in_step() const {
    for (const CheckedPartition& checked : partitions()) {
        if (!is_settled(checked)) {
            return ": " + checked.id.to_string();
        }
    }
    const auto inexact = groups_->inexact(without_groups());
    return inexact.empty() ? "" : ": " + inexact.front();
}

std::set<TopicPartition> Scenario::without_groups() const {
    std::set<TopicPartition> ids;
    for (const CheckedPartition& checked : partitions()) {
        const TruePartition& truth = checked.truth;
        if (truth.was_cut || truth.was_recreated || truth.overtaken_records > 0) {
            ids.insert(checked.id);
        }
    }
    return ids;
}

void Scenario::check_in_the_end() {
    check_safety("in the end");
    for (const CheckedPartition& checked : partitions()) {
        check_partition(checked);
    }
    for (const std::string& problem : groups_->inexact(without_groups())) {
        add_problem(problem);
    }
}

void Scenario::check_partition(const CheckedPartition& checked) {
    const auto& [id, plan, truth] = checked;
    const auto log = source_.cluster->cluster().find_partition(id.topic, id.partition.value());
    const auto copy = target_.cluster->cluster().find_partition(id.topic, id.partition.value());
    const auto copied = copy ? consume(copy->log) : std::vector<SeenRecord>();
    const CopyCheck check(plan, rules());
    const std::string blocked = is_copied(id) ? "" : blocked_because(id);
    auto problems = log ? check.silence(truth, copied, {blocked, lost_offsets(id)})
                        : std::vector<std::string>();
    std::ranges::move(map_problems(checked), std::back_inserter(problems));
    if (blocked.empty() && log) {
        std::ranges::move(check.completeness(consume(log->log), copied),
                          std::back_inserter(problems));
    }
    for (const std::string& problem : problems) {
        add_problem(fmt::format("{} ({})", problem, id.to_string()));
    }
    world_.note(fmt::format(
        "{}: source {} to {}, copy {} to {}, {} records{}{}", id.to_string(),
        log ? log->log.start_offset().value() : -1, log ? log->log.end_offset().value() : -1,
        copy ? copy->log.start_offset().value() : -1, copy ? copy->log.end_offset().value() : -1,
        copied.size(), blocked.empty() ? "" : ", blocked: ", blocked));
}

void Scenario::only_kill_at(uint64_t step) {
    kill_step_ = step;
    plan_.faults.clear();
    plan_.dies_preparing = false;
    plan_.length = plan_.write_length = kLookInterval;
}

/// Between two steps of its coroutines; what was sent until then arrives.
void Scenario::kill_when_due(Faults& faults) {
    const auto& first = workers_[0];
    if (outcome_.worker_steps >= *kill_step_ || !first) {
        return;
    }
    outcome_.worker_steps = first->node().steps();
    if (outcome_.worker_steps >= *kill_step_) {
        faults.kill(0, Internet::Sent::arrives);
    }
}

void Scenario::watch(const TopicPartition& id) {
    world_.add_observer([this, id] {
        const auto copy = target_.cluster == nullptr ? nullptr
                                                     : target_.cluster->cluster().find_partition(
                                                           id.topic, id.partition.value());
        if (!copy || copy->log.end_offset() == watched_end_) {
            return;
        }
        const Offset before = std::exchange(watched_end_, copy->log.end_offset());
        world_.note(fmt::format("  the copy's end goes from {} to {}", before.value(),
                                watched_end_.value()));
        copy->log.segments().for_each(before, [this](const auto&, const auto& batch) {
            world_.note(fmt::format("    [{}, {}] producer {} epoch {} sequence {}{}",
                                    batch.base_offset().value(), batch.last_offset().value(),
                                    batch.producer_id().value(), batch.producer_epoch().value(),
                                    batch.base_sequence().value(), marker_text(batch)));
            return true;
        });
    });
}

/// As brokers that always look for producers whose newest record is more than a day old.
void Scenario::forget_old_producers() {
    sandbox::Cluster& cluster = target_.cluster->cluster();
    const int64_t day_ago_ms = cluster.now_ms() - 24 * 3'600'000LL;
    for (const auto& [name, topic] : cluster.topics()) {
        for (const auto& partition : topic->partitions) {
            partition->log.expire_producers_before(day_ago_ms);
        }
    }
    world_.after(kForgetInterval, [this] { forget_old_producers(); });
}

void Scenario::open_clusters() {
    source_ = make_place("source", plan_.source_brokers, plan_.source_version);
    target_ = make_place("target", plan_.target_brokers, plan_.target_version);
    workload_ = std::make_unique<Workload>(world_, source_.cluster->cluster(), plan_.topics);
    workload_->set_most_header_bytes(plan_.most_header_bytes);
    if (plan_.has_nulls) {
        workload_->write_nulls(seed_);
    }
    if (plan_.has_idempotent_writers) {
        workload_->make_idempotent();
    }
    workload_->begin();
    groups_ = std::make_unique<GroupWorkload>(world_, source_.cluster->cluster(),
                                              target_.cluster->cluster(), *workload_);
    groups_->begin(plan_.groups);
}

Outcome Scenario::run() {
    // What a suspended worker or a cut way still has under way may come right after that: no broker
    // can tell it from the next batch then. In the world, both would have to happen within the
    // moment between one check in ten minutes and the next write.
    forgets_often_ = std::ranges::none_of(plan_.faults, [](const std::string& kind) {
        return kind == "cut way" || kind == "suspend worker" || kind == "cut off" ||
               kind == "cut from coordinator" || kind == "compact apart" ||
               kind == "lose tail asleep";
    });
    log::set_before_line([this] { fmt::print(stderr, "{} ", world_.time_text()); });
    describe();
    open_clusters();
    workers_.tell_of_kills([this](const Worker& worker) {
        for (const LinkStatus& link : worker.status()) {
            for (const PartitionStatus& partition : link.partitions) {
                lost_told_by_dead_[partition.id] += partition.lost_offsets;
            }
        }
    });
    workers_.start_all(static_cast<size_t>(plan_.workers));
    Faults faults(*this);
    if (kill_step_) {
        world_.add_observer([this, &faults] { kill_when_due(faults); });
    }
    if (plan_.dies_preparing) {
        faults.kill_while_preparing();
    }
    if (plan_.forgets_at_once) {
        forget_old_producers();
    }
    workload_->write_on(plan_.write_interval);
    groups_->commit_on(kCommitInterval);
    world_.after(seconds(1), [&faults] { faults.go_on(); });
    if (plan_.write_length < plan_.length) {
        world_.after(plan_.write_length, [this] { workload_->stop(); });
    }
    const TimePoint begin = world_.now();
    while (world_.now() < begin + plan_.length && outcome_.problems.empty()) {
        world_.run_for(kLookInterval);
        note_states();
        workers_.bury();
        check_safety("while faults go on");
    }
    faults.heal();
    workload_->stop();
    groups_->stop();
    for (size_t number = 0; number < workers_.size(); ++number) {
        workers_.start(number);
    }
    wait_in_step();
    check_in_the_end();
    end_all();
    outcome_.virtual_seconds = std::chrono::duration<double>(world_.now() - begin).count();
    outcome_.steps = world_.steps();
    outcome_.written = workload_->written();
    for (const std::string& problem : outcome_.problems) {
        world_.note(problem);
    }
    log::set_before_line({});
    outcome_.log = world_.log();
    return std::move(outcome_);
}

void Scenario::wait_in_step() {
    const TimePoint end = world_.now() + kPatience;
    while (outcome_.problems.empty() && !is_in_step()) {
        if (world_.now() >= end) {
            add_problem(fmt::format("liveness: not in step {} s after all was healed{}",
                                    kPatience / seconds(1), what_is_not_in_step()));
        }
        world_.run_for(milliseconds(500));
        note_states();
    }
    const auto has_map_problem = [this](const CheckedPartition& checked) {
        return !map_problems(checked).empty();
    };
    while (outcome_.problems.empty() && world_.now() < end &&
           std::ranges::any_of(partitions(), has_map_problem)) {
        world_.run_for(seconds(2));  // the target's side is stored every few seconds
        note_states();
    }
}

void Scenario::end_all() {
    workers_.end_all();
    close_place(world_, source_);
    close_place(world_, target_);
}

}  // namespace lockstep::sim
