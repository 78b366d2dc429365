#pragma once

#include "client/cluster.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::client {

/// Whom a quota is for: types ("user", "client-id", "ip") and names; no name is the default.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;

/// By key: "producer_byte_rate" and the like.
using Quotas = std::map<std::string, double>;

/// All quotas of a cluster (KIP-546).
runtime::Task<Result<std::map<QuotaEntity, Quotas>>> describe_quotas(Cluster& cluster,
                                                                     std::stop_token stop);

struct QuotaChange {
    QuotaEntity entity;
    std::map<std::string, std::optional<double>> values;  // nothing: no quota
};

/// Changes the quotas of each entity, all or none of them; how it went with each.
runtime::Task<Result<std::vector<Error>>> alter_quotas(Cluster& cluster,
                                                       std::vector<QuotaChange> changes,
                                                       std::stop_token stop);

}  // namespace lockstep::client
