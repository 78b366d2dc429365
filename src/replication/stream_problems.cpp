#include "replication/stream_problems.h"

#include "model/tagged_producer_id.h"
#include "replication/carried_origins.h"

#include <fmt/core.h>

namespace lockstep::replication {

bool holds_others_copy(const OffsetsStore& store, const PartitionLogs& logs, ProducerId own) {
    const auto origin = logs.target_tail ? origin_of(logs.target_tail->producer_id) : std::nullopt;
    return origin && origin != origin_of(own) && !store.has_stream(logs.target_tail->producer_id);
}

std::string changed_form_problem(const OffsetsStore& store, const StreamKey& own,
                                 const OffsetsStore::TargetLog& at_target, const LinkSpec& link) {
    const auto form = store.own_form(own, at_target);
    const bool has_others =
        form == StreamForm::one_origin && store.has_others_beside(own, at_target);
    return form ? form_problem(*form, link, has_others) : "";
}

std::string changed_route_problem(const OffsetsStore& store, const StreamKey& stream,
                                  const OffsetsStore::TargetLog& at_target, const LinkSpec& link) {
    const auto other = store.other_route_of(stream, at_target);
    if (!link.origins || !other || at_target.end.value() == 0) {
        return "";
    }
    return fmt::format(
        "records of cluster {} {} to {} from cluster {} before: by this route all of them would "
        "come a second time. Go back to the former routes, or delete the topic there",
        stream.origin(), other->is_sure ? "came" : "may have come", link.target,
        other->source_cluster_id);
}

}  // namespace lockstep::replication
