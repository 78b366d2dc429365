#include "replication/difference_cause.h"

#include "model/tagged_producer_id.h"

#include <fmt/core.h>

namespace lockstep::replication {
namespace {

constexpr std::string_view kRewritten =
    "the source has lost records since, as after an unclean election, or was set up anew; or bytes "
    "were changed on a disk";

std::string of_other(ProducerId writer) {
    return origin_of(writer)
               ? "Lockstep wrote what the target has there, for another topic or cluster"
               : fmt::format("someone else wrote what the target has there (producer id {})",
                             writer.value());
}

}  // namespace

std::string cause_of(const Difference& difference,
                     const std::optional<protocol::RecordBatchView>& at_target, ProducerId stream) {
    if (!at_target) {
        return "the target's log has no batch there: it was deleted, or compacted";
    }
    const ProducerId writer = at_target->producer_id();
    if (is_filler_of(writer, stream)) {
        return "the target has an empty record there: raising the log's start was not finished";
    }
    if (!generation_of(writer, stream)) {
        return of_other(writer);
    }
    if (at_target->is_control()) {
        return fmt::format(
            "Lockstep put a marker there: the source showed no record at that offset; {}",
            kRewritten);
    }
    return difference.kind == Difference::Kind::only_at_source
               ? "Lockstep wrote the target's batch there, but not this record: the target has "
                 "compacted it"
               : fmt::format("Lockstep copied what the target has there; {}", kRewritten);
}

}  // namespace lockstep::replication
