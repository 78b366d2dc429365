#pragma once

// What an operator asks for: clusters and the links between them. Values only.

#include "model/follow_rules.h"
#include "model/priority.h"
#include "model/scram_user.h"
#include "model/security.h"
#include "model/topic_names.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct Endpoint {
    std::string host;
    uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;
    std::string to_string() const;
};

struct ClusterSpec {
    std::string name;
    std::vector<Endpoint> bootstrap;
    SecuritySpec security = {};
    std::string id = {};      // as the cluster itself tells it; "" where it is to be asked
    std::string region = {};  // where it stands; "" where nobody said so

    bool operator==(const ClusterSpec&) const = default;
};

/// The cluster of that name, which must be there (the config has been checked).
const ClusterSpec& cluster_named(const std::vector<ClusterSpec>& clusters, std::string_view name);

/// Whether records have the same offsets on the target as at the source.
enum class OffsetsMode {
    automatic,  // kept where the target allows it; else translated
    preserve,
    translate,  // the next free ones, and a map that says which is which
};

/// What to do where the source has deleted records before they were copied.
enum class OverrunRule {
    stop,           // block the partition
    continue_past,  // count them as lost, and go on behind them
};

/// What to do where a topic was deleted at the source and created again.
enum class RecreatedRule {
    stop,             // block its partitions
    continue_behind,  // copy the new one's records behind the old one's
};

/// What to do with the target's topic where the source's was deleted.
struct DeletedRule {
    enum class Kind { ignore, mirror, after };
    Kind kind = Kind::ignore;            // the copy is kept
    std::chrono::milliseconds after{0};  // since it was first seen to be gone

    bool operator==(const DeletedRule&) const = default;
};

/// What to do with the times of records to which the source gives its own (LogAppendTime).
enum class AppendTimeRule {
    keep,   // records get the times that consumers of the source see
    clear,  // they get those of their producers, or of a target that gives its own
};

/// With which codec record data goes to the target.
enum class Compression { keep, none, gzip, snappy, lz4, zstd };

/// Where a copy begins that nothing has been copied of yet.
struct StartRule {
    enum class Kind { earliest, latest, timestamp };
    Kind kind = Kind::earliest;
    int64_t timestamp_ms = 0;  // since 1970: the first record that is not older

    bool operator==(const StartRule&) const = default;
};

/// How often, and at which pace, what has failed is tried again.
struct RetryRule {
    std::optional<int> attempts = {};  // after the first failure; nothing: as often as it takes
    std::chrono::milliseconds backoff{100};       // before the first one; doubles
    std::chrono::milliseconds max_backoff{5000};  // before any

    bool operator==(const RetryRule&) const = default;
};

struct LinkSpec {
    std::string name;
    std::string source;  // a cluster's name
    std::string target;
    std::vector<std::string> topics;          // names, or anchored RE2 expressions
    std::vector<std::string> exclude;         // the same; wins over `topics`
    TopicNames names = {};                    // on the target
    std::vector<std::string> groups;          // whose offsets are synced, by the same rules
    std::vector<std::string> exclude_groups;  // wins over `groups`
    OffsetsMode offsets = OffsetsMode::automatic;
    std::optional<int64_t> max_filler_bytes;  // on the target, to begin at the source's log start
    OverrunRule on_overrun = OverrunRule::stop;
    RecreatedRule on_recreated = RecreatedRule::stop;
    DeletedRule on_deleted = {};
    AppendTimeRule append_time = AppendTimeRule::keep;
    std::optional<int16_t> replication_factor;  // of created topics; else the source's
    TopicConfigRules topic_config = {};
    AclRules acls = {};
    FollowRule quotas = FollowRule::off;  // of clients
    Compression compression = Compression::keep;
    StartRule start = {};
    std::optional<int64_t> bandwidth = {};  // bytes a second that are fetched, at most
    std::optional<std::chrono::milliseconds> sync_interval = {};  // rests so long when in step
    std::string replication = {};  // that it was made for; "" for a link of its own

    /// Which clusters' records it carries, by where they were born; each origin is a stream of its
    /// own on the target. Nothing: all that the source has but what was born on the target, as the
    /// source's.
    std::optional<std::vector<std::string>> origins = {};

    std::optional<int64_t> batch_size = {};  // of records in a batch that is made anew, at most
    std::optional<RetryRule> retry = {};     // nothing: without end, each part at its own pace
    Priority priority = Priority::normal;    // where links compete for memory

    /// SCRAM users that are kept on the target; nothing: they are not looked at.
    std::optional<std::vector<ScramUser>> users = {};

    bool operator==(const LinkSpec&) const = default;
};

/// How this process takes part where several copy the same links.
struct FleetSpec {
    std::string worker = {};  // its name, for people
    /// How long the target's group coordinator waits for a sign of life.
    std::chrono::milliseconds session_timeout{6000};
};

struct Limits {
    int64_t in_flight_bytes = int64_t{64} << 20;  // record data held in memory, over all links
    std::chrono::milliseconds discovery_interval{2000};   // how often links look for new topics
    int64_t verify_bytes_per_second = int64_t{16} << 20;  // read to prove the copies; 0: not at all
    FleetSpec fleet = {};
    /// That one fetch session has at most: brokers go through all of them for each fetch, several
    /// times, and what is new in one waits meanwhile.
    size_t session_partitions = 1000;
};

}  // namespace lockstep
