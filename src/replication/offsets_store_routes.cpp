// What the maps that are stored say of the ways by which records have come.

#include "replication/offsets_store.h"
#include "replication/offsets_stream.h"

#include <algorithm>

namespace lockstep::replication {

bool OffsetsStore::has_any_of(const StreamKey& stream) const {
    return std::ranges::any_of(streams_of(stream),
                               [](const Stream* each) { return each->is_stored; });
}

/// All of the source partition; what was born at the source comes first.
std::vector<OffsetsStore::Stream*> OffsetsStore::streams_of(StreamKey key) const {
    std::vector<Stream*> found;
    key.origin_cluster_id.clear();
    for (auto next = streams_.lower_bound(key); next != streams_.end(); ++next) {
        key.origin_cluster_id = next->first.origin_cluster_id;
        if (next->first != key) {
            break;
        }
        found.push_back(next->second.get());
    }
    return found;
}

std::optional<Uuid> OffsetsStore::former_of(const StreamKey& stream,
                                            const TargetLog& at_target) const {
    for (const auto& [key, known] : streams_) {
        if (key.source_cluster_id == stream.source_cluster_id &&
            key.partition == stream.partition && key.topic_id != stream.topic_id &&
            known->is_stored && known->map.next.value() > 0 && known->is_in(at_target)) {
            return key.topic_id;
        }
    }
    return std::nullopt;
}

std::optional<OffsetsStore::OtherRoute> OffsetsStore::other_route_of(
    const StreamKey& stream, const TargetLog& at_target) const {
    std::optional<OtherRoute> possible;
    for (const auto& [key, known] : streams_) {
        if (key.partition != stream.partition ||
            key.source_cluster_id == stream.source_cluster_id || known->map.next.value() == 0 ||
            !known->is_in(at_target)) {
            continue;
        }
        if (key.origin() == stream.origin()) {
            return OtherRoute{key.source_cluster_id, true};
        }
        if (known->map.form == StreamForm::all_of_several) {
            possible = OtherRoute{key.source_cluster_id, false};
        }
    }
    return possible;
}

std::optional<StreamForm> OffsetsStore::own_form(const StreamKey& stream,
                                                 const TargetLog& at_target) const {
    std::optional<StreamForm> form;
    for (const Stream* known : streams_of(stream)) {
        if (!known->is_in(at_target)) {
            continue;
        }
        const bool is_own = known->key.origin_cluster_id.empty();
        const StreamForm stored = known->map.form;
        if (is_own && (stored == StreamForm::all || stored == StreamForm::all_of_several)) {
            return stored;
        }
        form = is_own ? stored : StreamForm::one_of_several;
    }
    return form;
}

bool OffsetsStore::has_others_beside(const StreamKey& stream, const TargetLog& at_target) const {
    return std::ranges::any_of(streams_, [&](const auto& each) {
        const auto& [key, known] = each;
        const StreamForm form = known->map.form;
        const bool is_of_one = form == StreamForm::one_origin || form == StreamForm::one_of_several;
        return key.partition == stream.partition && key.origin() != stream.source_cluster_id &&
               is_of_one && known->is_in(at_target);
    });
}

}  // namespace lockstep::replication
