#pragma once

#include "sim/checkers.h"
#include "sim/group_workload.h"
#include "sim/place.h"
#include "sim/workers.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::sim {

class Faults;

/// What a seed makes of a run.
struct ScenarioPlan {
    OffsetsMode offsets = OffsetsMode::preserve;
    OverrunRule on_overrun = OverrunRule::stop;
    RecreatedRule on_recreated = RecreatedRule::stop;
    int32_t source_brokers = 1;
    int32_t target_brokers = 1;
    sandbox::KafkaVersion source_version = sandbox::KafkaVersion::v4_3;
    sandbox::KafkaVersion target_version = sandbox::KafkaVersion::v4_3;
    std::vector<TopicPlan> topics;
    int workers = 1;
    int groups = 0;
    std::vector<Limits> limits;  // of each worker: they are not set up alike
    /// Of each worker: the same records come in other batches, as another version would make them.
    std::vector<Compression> compressions;
    Latency latency;
    Duration write_interval{};
    bool has_idempotent_writers = false;
    bool has_nulls = false;  // as keys, where topics are not compacted, and as values
    uint64_t most_header_bytes = 0;
    Duration length = std::chrono::seconds(60);
    Duration write_length = std::chrono::seconds(60);  // faults may go on for longer
    std::vector<std::string> faults;                   // the kinds that this seed switches on
    Duration fault_interval{};
    bool dies_preparing = false;   // workers, while they raise the start of a log
    bool forgets_at_once = false;  // the target's brokers, producers whose records are old

    bool has_fault(std::string_view kind) const { return std::ranges::count(faults, kind) > 0; }
    /// Groups may be behind the end of a log then, and records that were copied are not there.
    bool loses_target_tails() const {
        return has_fault("lose target tail") || has_fault("lose tail asleep");
    }
};

/// What came to a seed later is drawn from numbers of its own, so that all else stays the same.
ScenarioPlan draw_plan(uint64_t seed, Rng& rng);

struct Outcome {
    std::vector<std::string> problems;  // each begins with the checker's name
    std::vector<std::string> log;
    uint64_t steps = 0;
    uint64_t written = 0;
    double virtual_seconds = 0;
    /// How often the first worker's coroutines were resumed: of a run with one kill only.
    uint64_t worker_steps = 0;
};

/// Two clusters, the workers of one link between them, writers, and faults: everything that one
/// seed runs, from the first step to the verdict.
class Scenario {
public:
    static constexpr const char* kLinkName = "link";

    explicit Scenario(uint64_t seed);
    ~Scenario();

    Outcome run();

    /// Instead of the seed's faults, and within seconds: the first worker is killed (-9) when its
    /// coroutines have been resumed so many times; never, where they are not.
    void only_kill_at(uint64_t step);

    /// Each batch that this partition's copy gets, and each end that it loses, goes to the log.
    void watch(const TopicPartition& partition);

private:
    friend class Faults;

    Place make_place(const std::string& name, int32_t brokers, sandbox::KafkaVersion version);
    WorkerSetup worker_setup(size_t number);
    void describe();
    /// With their topics, writers and groups.
    void open_clusters();
    void note_states();
    void check_errors(const LinkStatus& link);
    void kill_when_due(Faults& faults);
    void forget_old_producers();
    void check_safety(const std::string& when);
    void add_problem(std::string problem);
    CopyRules rules() const { return {plan_.offsets, plan_.on_overrun, plan_.on_recreated}; }
    /// Each partition there ever was at the source, with its topic's plan.
    struct CheckedPartition {
        TopicPartition id;
        const TopicPlan& plan;
        const TruePartition& truth;
    };
    std::vector<CheckedPartition> partitions() const;
    /// What the workers say of a partition that none of them can go on with; "" where one can, or
    /// none has said so yet.
    std::string blocked_because(const TopicPartition& id) const;
    /// How many of its offsets are said to be lost, by all workers there ever were.
    uint64_t lost_offsets(const TopicPartition& id) const;
    bool is_copied(const TopicPartition& id) const;
    std::optional<Offset> said_to_be_copied(const CheckedPartition& checked) const;
    /// Checker "log start followed": what the source has deleted is gone from the copy, too.
    bool is_start_followed(const CheckedPartition& checked) const;
    bool is_complete(const CheckedPartition& checked) const;
    /// What is wrong with what the stored maps say of it, once it is copied.
    std::vector<std::string> map_problems(const CheckedPartition& checked) const;
    bool is_settled(const CheckedPartition& checked) const;
    bool is_in_step() const;
    std::string what_is_not_in_step() const;
    void check_partition(const CheckedPartition& partition);
    /// Whose records went away, so that groups have no place in them.
    std::set<TopicPartition> without_groups() const;
    void wait_in_step();
    void check_in_the_end();
    void end_all();

    const uint64_t seed_;
    World world_;
    Internet internet_;
    ScenarioPlan plan_;
    Place source_;
    Place target_;
    std::unique_ptr<Workload> workload_;
    std::unique_ptr<GroupWorkload> groups_;
    Workers workers_{world_, internet_, [this](size_t number) { return worker_setup(number); }};
    RefusalCheck refusals_;       // of the only worker, where nothing else goes wrong
    bool forgets_often_ = false;  // brokers, of producers whose records are old
    std::optional<uint64_t> kill_step_;
    std::map<std::string, std::string> told_states_;
    std::map<TopicPartition, uint64_t> lost_told_by_dead_;
    Offset watched_end_{0};
    Outcome outcome_;
};

}  // namespace lockstep::sim
