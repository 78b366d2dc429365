#pragma once

#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "sandbox/call.h"

#include <map>
#include <optional>
#include <string>

namespace lockstep::sandbox {

/// Whose quota it is: by "user", "client-id" or "ip" a name, or nothing for those without a quota
/// of their own.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;
using QuotaValues = std::map<std::string, double>;

/// Who may use how much (KIP-13, KIP-546), and how much of it is used. Bytes per second are
/// counted as a bucket that holds what the quota gives in ten seconds, where brokers average over
/// about as long. Owned by a Cluster.
class Quotas {
public:
    explicit Quotas(const Cluster& cluster) : cluster_(cluster) {}

    const std::map<QuotaEntity, QuotaValues>& all() const { return quotas_; }
    /// No value: takes the quota away.
    void set(const QuotaEntity& entity, const std::string& key, std::optional<double> value);

    /// How long the client has to wait, in milliseconds, for what it has produced or read; its
    /// connection is muted as long (KIP-219).
    int32_t charge(Call& call, const protocol::ProduceRequest& request);
    int32_t charge(Call& call, const protocol::FetchResponse& response);

private:
    struct Bucket {
        double left_bytes = 0;
        runtime::TimePoint filled_at;
    };
    /// Whose bytes are counted together, and how many there may be in a second.
    struct Limit {
        std::string counted_for;
        double bytes_per_second = 0;
    };

    std::optional<Limit> find_limit(const Call& call, const std::string& key) const;
    int32_t charge_bytes(Call& call, const std::string& key, size_t bytes);

    const Cluster& cluster_;
    std::map<QuotaEntity, QuotaValues> quotas_;  // nobody is without a value
    std::map<std::string, Bucket> buckets_;      // one for each client that a quota has held to it
};

}  // namespace lockstep::sandbox
