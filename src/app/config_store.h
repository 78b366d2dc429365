#pragma once

#include "app/config_version.h"
#include "client/cluster.h"
#include "protocol/record_batch.h"
#include "protocol/records.h"
#include "runtime/task.h"

#include <map>
#include <optional>

namespace lockstep::app {

/// The versions of a configuration on one cluster: reads and appends them. Two that append at once
/// are told apart by the broker: a version is a sequence of one producer (KIP-98).
class ConfigStore {
public:
    static constexpr const char* kTopic = "__lockstep_config";

    /// The cluster outlives this.
    explicit ConfigStore(client::Cluster& cluster) : cluster_(cluster) {}

    /// Reads what was appended since the last time. Nothing is there where the topic is not. Where
    /// it is but cannot be read, that is an error: `leader_not_available`, or what the broker says.
    /// What is no version is left out, with a warning. Where the topic turns out to be another
    /// one than the last time, or to have lost its end, only what it has now counts.
    runtime::Task<Result<void>> catch_up(std::stop_token stop);

    /// The same, and waits up to ten seconds for the topic's leader.
    runtime::Task<Result<void>> catch_up_patiently(std::stop_token stop);

    /// How many times all that had been read was forgotten, the topic being another one.
    int64_t generation() const { return generation_; }

    /// As of the last reading; the oldest first.
    std::vector<ConfigVersion> versions() const;
    std::optional<ConfigVersion> newest() const;

    /// Creates the topic where it is missing, and appends `wanted` under the version behind the
    /// newest. Error: `invalid_argument` where somebody else was faster.
    runtime::Task<Result<ConfigVersion>> append(ConfigVersion wanted, std::stop_token stop);

private:
    bool is_there() const;
    Error no_leader() const;
    runtime::Task<Result<void>> require_absence(std::stop_token stop);
    runtime::Task<Result<void>> read_on(std::stop_token stop);
    void begin_anew();
    runtime::Task<Result<void>> create_topic(std::stop_token stop);
    Result<void> take_in(ByteView records);
    void take_in_batch(const protocol::RecordBatchView& batch);
    Result<void> take_in_record(const protocol::Record& record);
    void leave_out(Offset offset, const Error& why) const;

    client::Cluster& cluster_;
    Uuid topic_id_;  // zeros: not known
    Offset next_{0};
    std::map<int64_t, ConfigVersion> versions_;
    int64_t generation_ = 0;
    bool is_created_ = false;  // by this, though it may take a moment until all brokers know
};

}  // namespace lockstep::app
