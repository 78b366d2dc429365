#include "replication/carried_origins.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

Result<void> ClusterIds::learn(const std::string& name, const std::string& id) {
    if (id.empty()) {
        return {};
    }
    const auto [known, is_new] = ids_.try_emplace(name, id);
    if (!is_new && known->second != id) {
        return Error(Errc::invalid_argument,
                     fmt::format("cluster {} says that its id is {}, but it is {} as far as is "
                                 "known: its brokers or clusters.id are those of another cluster",
                                 name, id, known->second));
    }
    return {};
}

std::string ClusterIds::of(const std::string& name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? "" : found->second;
}

CarriedOrigins CarriedOrigins::all_but(OriginTag origin) {
    CarriedOrigins carried;
    carried.never_ = origin;
    return carried;
}

CarriedOrigins CarriedOrigins::only(std::vector<std::optional<OriginTag>> streams,
                                    OriginTag never) {
    CarriedOrigins carried;
    carried.never_ = never;
    carried.streams_ = std::move(streams);
    return carried;
}

std::optional<size_t> CarriedOrigins::stream_of(ProducerId writer) const {
    const auto origin = origin_of(writer);
    if (streams_.empty()) {
        return origin == never_ ? std::nullopt : std::optional<size_t>(0);
    }
    const auto found = std::ranges::find(streams_, origin);
    return found == streams_.end() ? std::nullopt
                                   : std::optional(static_cast<size_t>(found - streams_.begin()));
}

bool CarriedOrigins::is_of_third(ProducerId writer) const {
    const auto origin = origin_of(writer);
    return origin && *origin != never_;
}

bool CarriedOrigins::is_of_target(ProducerId writer) const {
    return origin_of(writer) == never_;
}

StreamForm form_of(std::optional<StreamForm> stored, const LinkSpec& link) {
    const bool is_of_several =
        stored && *stored != StreamForm::one_origin && *stored != StreamForm::all;
    if (link.origins) {
        return is_of_several ? StreamForm::one_of_several : StreamForm::one_origin;
    }
    return is_of_several ? StreamForm::all_of_several : StreamForm::all;
}

std::string form_problem(StreamForm stored, const LinkSpec& link, bool has_others_beside) {
    if (link.origins && stored == StreamForm::all_of_several) {
        return fmt::format(
            "it has been copied with the records of all origins so far: the routes of a "
            "replication would bring what {} had from other clusters to {} a second time. Go back "
            "to a plain link, or delete the topic there",
            link.source, link.target);
    }
    const bool has_left_out = stored == StreamForm::one_of_several ||
                              (stored == StreamForm::one_origin && has_others_beside);
    if (!link.origins && has_left_out) {
        return fmt::format(
            "it has been copied by the routes of a replication so far: what {} has from other "
            "clusters was left out, or came to {} by other streams. Go back to the replication, or "
            "delete the topic there",
            link.source, link.target);
    }
    return "";
}

Result<Carried> carried_by(const LinkSpec& link, const ClusterIds& ids) {
    if (!link.origins) {
        return Carried{CarriedOrigins::all_but(origin_tag(ids.of(link.target))), {""}};
    }
    const OriginTag never = origin_tag(ids.of(link.target));
    Carried carried;
    std::vector<std::optional<OriginTag>> streams;
    for (const std::string& name : *link.origins) {
        const std::string id = ids.of(name);
        if (name == link.source) {
            streams.emplace_back();
            carried.clusters.emplace_back();
            continue;
        }
        if (id.empty()) {
            return Error(Errc::not_found,
                         fmt::format("the id of cluster {}, whose records are relayed, is not "
                                     "known: it has not been reached yet (clusters.id may tell it)",
                                     name));
        }
        const OriginTag tag = origin_tag(id);
        const bool is_doubled = std::ranges::find(streams, std::optional(tag)) != streams.end();
        if (is_doubled || tag == never) {
            return Error(Errc::invalid_argument,
                         fmt::format("the records of {} cannot be told from another cluster's: "
                                     "their ids have the same tag, or are the same",
                                     name));
        }
        streams.emplace_back(tag);
        carried.clusters.push_back(id);
    }
    carried.origins = CarriedOrigins::only(std::move(streams), never);
    return carried;
}

}  // namespace lockstep::replication
