#pragma once

// PURE: which of a source's records a link carries, told by where they were born; and the streams
// that it makes of them, one for each origin. A batch's producer id says where it was born; one of
// a client's own was born at the cluster that it is read from.

#include "base/result.h"
#include "model/link.h"
#include "model/tagged_producer_id.h"
#include "replication/stream_map.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Kafka's own ids of clusters, by the names that the configuration has for them.
class ClusterIds {
public:
    /// Error: `invalid_argument` where the cluster of that name has another id.
    Result<void> learn(const std::string& name, const std::string& id);
    void forget(const std::string& name) { ids_.erase(name); }

    /// "" while it is not known.
    std::string of(const std::string& name) const;

private:
    std::map<std::string, std::string> ids_;
};

class CarriedOrigins {
public:
    /// All but what was born there, as one stream.
    static CarriedOrigins all_but(OriginTag origin);

    /// A stream for each; nothing: for what was born at the source. What was born at the target is
    /// `never` carried.
    static CarriedOrigins only(std::vector<std::optional<OriginTag>> streams, OriginTag never);

    size_t count() const { return streams_.empty() ? 1 : streams_.size(); }

    /// Whether they are one stream, whoever's they are.
    bool is_all() const { return streams_.empty(); }

    /// Whether the batch was born at a third cluster.
    bool is_of_third(ProducerId writer) const;

    /// Whether the batch was born at the target.
    bool is_of_target(ProducerId writer) const;

    /// Which of the streams a batch belongs to; nothing where it is not carried.
    std::optional<size_t> stream_of(ProducerId writer) const;

private:
    OriginTag never_;
    std::vector<std::optional<OriginTag>> streams_;
};

/// Which form the source's own stream goes on in; `stored` is what its map says, nothing of a
/// stream that has no records yet. What an older Lockstep stored may have been either.
StreamForm form_of(std::optional<StreamForm> stored, const LinkSpec& link);

/// Why the source's own stream must not go on in the link's form; "" where it may. A stream of all
/// that the source has may have brought what others would bring a second time; one of a single
/// origin has passed over what nobody has brought, or others have (`has_others_beside`: other
/// streams are there that may have).
std::string form_problem(StreamForm stored, const LinkSpec& link, bool has_others_beside);

struct Carried {
    CarriedOrigins origins;
    std::vector<std::string> clusters;  // each stream's origin, as an id; "" for the source's own
};

/// Errors: `not_found` where an origin's id is not known, `invalid_argument` where two clusters
/// cannot be told apart.
Result<Carried> carried_by(const LinkSpec& link, const ClusterIds& ids);

}  // namespace lockstep::replication
