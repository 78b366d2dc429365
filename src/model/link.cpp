#include "model/link.h"

#include "base/assert.h"

#include <algorithm>

namespace lockstep {

std::string Endpoint::to_string() const {
    return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
           std::to_string(port);
}

const ClusterSpec& cluster_named(const std::vector<ClusterSpec>& clusters, std::string_view name) {
    const auto found = std::ranges::find(clusters, name, &ClusterSpec::name);
    LS_ASSERT(found != clusters.end());
    return *found;
}

}  // namespace lockstep
