#pragma once

// What the data plane says of itself: the values behind `status`, REST and metrics.

#include "base/histogram.h"
#include "model/follow_status.h"
#include "model/ids.h"
#include "model/priority.h"
#include "model/unmatched_entry.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

/// The state of one partition of a link; exactly one at a time.
///
///     starting -> running <-> retrying(reason)
///        |           |
///        +-----------+-----> blocked(reason)     an operator has to look
///
/// `paused`: an operator said so; then `starting` again. `elsewhere`: another worker copies it;
/// when it comes back, `starting` again. `promoted` belongs to a later part of Lockstep.
enum class PartitionState {
    starting,
    preparing,
    running,
    retrying,
    blocked,
    paused,
    promoted,
    elsewhere
};

constexpr std::array<PartitionState, 8> kAllPartitionStates{
    PartitionState::starting, PartitionState::preparing, PartitionState::running,
    PartitionState::retrying, PartitionState::blocked,   PartitionState::paused,
    PartitionState::promoted, PartitionState::elsewhere};

std::string_view to_string(PartitionState state);

/// A transaction at the source that keeps what is behind it from being committed, and copied.
struct OpenTransaction {
    Offset first_offset;
    ProducerId producer_id{-1};  // -1 until the source was asked
    int64_t seen_since_ms = 0;   // when it was first seen to hold the partition back, since 1970

    double seconds(int64_t now_ms) const;  // for how long it has been seen
};

/// The target's log is being raised to where the source's starts.
struct Preparation {
    Offset from;  // the target's end when it began
    Offset to;
    int64_t since_ms = 0;  // since 1970

    /// How much of it is done where the target's log has come to `at`, from 0 to 1.
    double done(Offset at) const;
    /// At the pace so far; nothing while there is none.
    std::optional<double> seconds_left(Offset at, int64_t now_ms) const;
};

/// One offset at which the clusters of a link differ.
struct Difference {
    enum class Kind { content, only_at_source, only_on_target };
    Offset offset;
    Kind kind = Kind::content;
};

std::string_view to_string(Difference::Kind kind);

/// How far a copy has been compared with its source, record by record, while it is being made.
struct VerifiedStatus {
    Offset from;             // where comparing began, or went on behind what retention deleted
    Offset to;               // all in [from, to) is the same on both sides
    Offset compared_to;      // the same as `to`, but beyond it once there is a difference
    uint64_t records = 0;    // found the same
    uint64_t compacted = 0;  // on one side only, in a topic that is compacted
    uint64_t differences = 0;
    std::optional<Difference> first_difference;
    std::string problem;  // why it does not go on for now; else ""
};

struct PartitionStatus {
    TopicPartition id;       // at the source
    std::string renamed_to;  // the topic's name on the target; "" where it is the same
    PartitionState state = PartitionState::starting;
    std::string reason;  // why it is retrying, blocked (with offsets) or paused; else ""
    std::string worker;  // that copies it, by name; "" while that is not known
    std::optional<Offset> source_log_start;
    std::optional<Offset> source_high_watermark;
    bool is_translated = false;  // its offsets on the target are not the source's
    std::string translated_why;  // where they could have been kept; "" where it was asked for
    std::optional<Offset> next_offset;         // the next source offset to copy
    std::optional<Offset> target_log_end;      // the same, where offsets are kept
    std::optional<int64_t> oldest_waiting_ms;  // when the record at next_offset is of, where known
    uint64_t copied_records = 0;               // since this process started, like all counts here
    uint64_t copied_bytes = 0;
    uint64_t copied_batches = 0;
    std::optional<Preparation> preparation;           // only while it is `preparing`
    std::optional<OpenTransaction> open_transaction;  // only where it holds records back
    uint64_t lost_offsets = 0;    // deleted at the source before they were copied, and passed over
    uint64_t filled_offsets = 0;  // taken up by markers: the source has no record there to show
    uint64_t skipped_foreign_records = 0;    // born elsewhere, and not this link's to carry
    std::optional<VerifiedStatus> verified;  // nothing where that is off, or has not begun

    const std::string& target_topic() const { return renamed_to.empty() ? id.topic : renamed_to; }
    /// Records at the source that the target lacks; 0 while unknown.
    int64_t lag_records() const;
    /// Age of the oldest record at the source that the target lacks, in seconds; 0 where there is
    /// none. Nothing while that is not known.
    std::optional<double> lag_seconds(int64_t now_ms) const;
};

/// How a consumer group stands on the target, as it would find itself after moving there.
struct GroupStatus {
    std::string name;
    std::string type;  // "classic", "consumer", ...; "" where the source is too old to say
    bool is_active_at_source = false;
    bool is_active_at_target = false;
    size_t partitions = 0;       // of the link's topics, with an offset at the source
    size_t exact = 0;            // of these: on exactly the same record
    int64_t behind_records = 0;  // over the others: what would be read again
    int64_t ahead_records = 0;   // over the others: what would be passed over
    std::string note;            // why it is not exact; "" where it is
};

/// How the workers of a link share it, as this one sees it.
struct FleetStatus {
    std::string worker;  // this one's name
    size_t workers = 0;  // that share the link; 0 until that is known
    bool is_leader = false;
    size_t owned = 0;     // partitions that are surely this worker's
    uint64_t taken = 0;   // partitions that came to it after its first ones
    uint64_t given = 0;   // partitions that others have got from it
    std::string problem;  // why it is not in the group of the workers for now; else ""
};

/// The newest of those that a link has counted; most are over when somebody looks.
struct LastError {
    std::string what;
    int64_t at_ms = 0;  // since 1970
};

struct LinkStatus {
    std::string name;
    std::string source;
    std::string target;
    std::string source_cluster_id;  // "" until the cluster was reached
    std::string target_cluster_id;
    std::string marker_problem;  // why the target takes no markers; "" where it does, or not known
    std::string problem;  // what keeps the link as a whole from working; "" where nothing does
    Priority priority = Priority::normal;
    bool is_paused = false;                 // as a whole
    std::vector<UnmatchedEntry> unmatched;  // of the link's topics
    bool discovered = false;  // both clusters were reached and the topics listed at least once
    std::vector<PartitionStatus> partitions;
    std::vector<GroupStatus> groups;
    AroundStatus around;
    FleetStatus fleet;
    uint64_t errors = 0;
    std::optional<LastError> last_error;
    int64_t in_flight_bytes = 0;
    LatencyHistogram fetch_latency;
    LatencyHistogram produce_latency;
};

}  // namespace lockstep
