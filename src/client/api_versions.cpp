#include "client/api_versions.h"

#include <fmt/core.h>

namespace lockstep::client {

ApiVersions::ApiVersions(const protocol::ApiVersionsResponse& response) {
    for (const auto& api : response.api_keys) {
        ranges_[api.api_key] = {api.min_version, api.max_version};
    }
    for (const auto& feature : response.finalized_features) {
        finalized_features_[feature.name] = feature.max_version_level;
    }
}

Result<int16_t> ApiVersions::pick(protocol::ApiKey key, VersionRange ours) const {
    const auto found = ranges_.find(static_cast<int16_t>(key));
    if (found == ranges_.end()) {
        return Error(Errc::unsupported,
                     fmt::format("the broker does not offer {}", to_string(key)));
    }
    const VersionRange theirs = found->second;
    const int16_t highest = std::min(ours.highest, theirs.highest);
    if (highest < ours.lowest || highest < theirs.lowest) {
        return Error(
            Errc::unsupported,
            fmt::format("{}: the broker speaks versions {} to {}, Lockstep {} to {}",
                        to_string(key), theirs.lowest, theirs.highest, ours.lowest, ours.highest));
    }
    return highest;
}

int16_t ApiVersions::finalized_feature(const std::string& name) const {
    const auto found = finalized_features_.find(name);
    return found == finalized_features_.end() ? int16_t{0} : found->second;
}

}  // namespace lockstep::client
