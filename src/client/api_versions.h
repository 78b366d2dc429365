#pragma once

// PURE: what one connection's broker speaks, and which version of a message to use with it.

#include "base/result.h"
#include "protocol/api_key.h"
#include "protocol/messages/api_versions.h"

#include <map>
#include <string>

namespace lockstep::client {

struct VersionRange {
    int16_t lowest = 0;
    int16_t highest = 0;
};

/// The answer of a broker to ApiVersions (KIP-35, KIP-511), valid for one connection only: after a
/// rolling upgrade the same address speaks other versions.
class ApiVersions {
public:
    ApiVersions() = default;
    explicit ApiVersions(const protocol::ApiVersionsResponse& response);

    /// The highest version that both sides speak; Errc::unsupported where there is none.
    Result<int16_t> pick(protocol::ApiKey key, VersionRange ours) const;

    bool speaks(protocol::ApiKey key) const { return ranges_.contains(static_cast<int16_t>(key)); }

    /// The cluster-wide level of a feature such as "transaction.version" (KIP-584); 0 if unknown.
    int16_t finalized_feature(const std::string& name) const;

private:
    std::map<int16_t, VersionRange> ranges_;
    std::map<std::string, int16_t> finalized_features_;
};

}  // namespace lockstep::client
