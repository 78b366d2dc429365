#include "replication/resume_point.h"

#include "base/mutation.h"
#include "model/tagged_producer_id.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {
namespace {

/// So many offsets that were looked through before are looked through again: their place in the map
/// was stored before an unclean election at the source, which may have put records there.
constexpr int64_t kReadAgain = 10'000;

std::string foreign_tail(const PartitionLogs& logs, ProducerId stream) {
    const ProducerId writer = logs.target_tail->producer_id;
    return fmt::format(
        "the target's last record (offset {}) was written by {} (producer id {}, Lockstep's for "
        "this partition is {}): its offsets cannot be trusted to be the source's",
        logs.target_end.value() - 1,
        origin_of(writer) ? "Lockstep for another topic or cluster" : "someone else",
        writer.value(), stream.value());
}

std::string deleted_before_copied(Offset from, Offset to) {
    return fmt::format("the source has deleted offsets [{}, {}) before they were copied",
                       from.value(), to.value());
}

}  // namespace

ResumePoint resume_point(const PartitionLogs& logs, const ResumeRules& rules) {
    const bool is_filler =
        logs.target_tail && is_filler_of(logs.target_tail->producer_id, rules.stream);
    const bool is_empty = logs.target_start == logs.target_end;
    if (logs.target_tail && !is_filler &&
        !generation_of(logs.target_tail->producer_id, rules.stream)) {
        return {{}, {}, foreign_tail(logs, rules.stream)};
    }
    // What retention has emptied, and the leader remembers, was copied up to its end.
    const bool is_new = is_empty && !logs.target_tail;
    const bool may_raise =
        is_new || rules.continue_past_overrun || mutated(Mutation::overrun_unnoticed);
    if (is_filler || (may_raise && logs.target_end < logs.source_start)) {
        return {{}, std::max(logs.source_start, logs.target_end), {}};
    }
    if (logs.target_end < logs.source_start) {
        return {{}, {}, deleted_before_copied(logs.target_end, logs.source_start)};
    }
    if (logs.target_end > logs.source_end) {
        return {{},
                {},
                fmt::format("the target ends at offset {}, the source already at {}: the source "
                            "has lost offsets [{}, {}), or someone else wrote to the target",
                            logs.target_end.value(), logs.source_end.value(),
                            logs.source_end.value(), logs.target_end.value())};
    }
    return {logs.target_end, {}, {}};
}

TranslatedResume resume_translated(const PartitionLogs& logs, const StreamMap& map,
                                   const TranslatedRules& rules) {
    auto known = map.source.offset_of(map.next);
    if (!known) {
        return {StreamPlace{map.next, logs.source_start, {}}, 0, {}};
    }
    auto expected = known;
    const auto last = map.source.offset_of(map.next - 1);
    if (*known > logs.source_end && last && *last < logs.source_end) {
        // The next one's place was stored, and the source lost it before it was copied.
        known = *last + 1;
        expected.reset();
    }
    if (*known > logs.source_end) {
        return {{},
                0,
                fmt::format("offsets up to {} have been copied, the source already ends at {}: it "
                            "has lost offsets [{}, {})",
                            known->value(), logs.source_end.value(), logs.source_end.value(),
                            known->value())};
    }
    if (*known >= logs.source_start && mutated(Mutation::resume_skips_record)) {
        return {StreamPlace{map.next, *known + 1, expected}, 0, {}};
    }
    if (*known >= logs.source_start) {
        const bool is_near = rules.may_have_changed && last && *known - *last <= kReadAgain;
        const Offset from = is_near ? std::max(*last + 1, logs.source_start) : *known;
        return {StreamPlace{map.next, from, expected}, 0, {}};
    }
    if (!rules.continue_past_overrun && !mutated(Mutation::overrun_unnoticed)) {
        return {{}, 0, deleted_before_copied(*known, logs.source_start)};
    }
    return {StreamPlace{map.next, logs.source_start, expected}, logs.source_start - *known, {}};
}

}  // namespace lockstep::replication
