#pragma once

#include "base/bytes.h"
#include "model/link.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lockstep::replication {

/// What another mirror has noted of itself: the last record of a source partition that is on the
/// target.
struct NotedOffset {
    TopicPartition source;
    std::optional<Offset> last;  // nothing: what was noted before counts no more
};

struct TakenPartition {
    TopicPartition source;
    TopicPartition target;
    std::optional<Offset> noted;  // the last that was noted as copied
    std::optional<Offset> next;   // where the link goes on; nothing: where it would begin anyway
    /// From here to `next` the source has deleted what the mirror may or may not have copied.
    std::optional<Offset> may_lack_from;
    bool was_taken = false;       // before
    std::string problem;          // why it cannot go on; else ""
};

/// A record of the audit topic.
struct AuditText {
    std::string key;
    std::string value;
};

/// A mirror that a link is to go on with in place of whoever has made it.
struct TakeOverRequest {
    std::vector<ClusterSpec> clusters;
    LinkSpec link;                   // with the names that its copies have
    std::string group;               // that has members on the target while the mirror runs
    std::string notes;               // the topic of the target that its notes are in
    bool is_read_committed = false;  // it copies no records of aborted transactions
    /// What a record of these topics says; nothing where it is none of this mirror's.
    std::function<std::optional<NotedOffset>(ByteView key, std::optional<ByteView> value)> read;
    std::function<void(const TakenPartition&)> told;  // as soon as it is known
    /// What the target's audit topic gets, of so many partitions; null: nothing.
    std::function<AuditText(size_t partitions)> audit;
};

struct TakenLink {
    std::string problem;  // of the link as a whole; else ""
    std::vector<TakenPartition> partitions;
    std::map<std::string, std::string> left_out;  // by topic, why its copy cannot have its name

    bool is_whole() const;
};

/// Finds out up to where each partition has been mirrored, and stores it as where the link begins
/// (OffsetsStore), so that it copies what comes behind and nothing else. The mirror must have
/// ended: where its groups still have members, or its transactions are open, this waits for a
/// while. Stores nothing of a partition that it is not sure of. Partitions that the link has copied
/// stay as they are, and so do those that were taken before. Where the mirror has written to one
/// since, that is taken once more: the link goes on behind what either of both has copied.
/// `link.offsets` is `translate`.
runtime::Task<TakenLink> take_over(runtime::Runtime& runtime, TakeOverRequest request,
                                   std::stop_token stop);

}  // namespace lockstep::replication
