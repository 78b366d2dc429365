#include "model/cluster_status.h"

namespace lockstep {

std::string_view to_string(ClusterHealth health) {
    switch (health) {
        case ClusterHealth::unknown: return "unknown";
        case ClusterHealth::healthy: return "healthy";
        case ClusterHealth::degraded: return "degraded";
        case ClusterHealth::unreachable: return "unreachable";
    }
    return "unknown";
}

}  // namespace lockstep
