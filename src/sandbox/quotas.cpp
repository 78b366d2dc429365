#include "sandbox/quotas.h"

#include <algorithm>
#include <cmath>

namespace lockstep::sandbox {

namespace {

constexpr double kBucketSeconds = 10;
constexpr double kLongestWaitMs = 3'600'000;

std::string user_of(const ClientConnection& connection) {
    return connection.principal.substr(connection.principal.find(':') + 1);
}

}  // namespace

void Quotas::set(const QuotaEntity& entity, const std::string& key, std::optional<double> value) {
    if (value) {
        quotas_[entity][key] = *value;
        return;
    }
    const auto found = quotas_.find(entity);
    if (found == quotas_.end()) {
        return;
    }
    found->second.erase(key);
    if (found->second.empty()) {
        quotas_.erase(found);
    }
}

/// The nearest one counts (ClientQuotaManager): a user's before a client's, a name's before the
/// default. Who shares a quota shares its bytes only where the quota's entity leaves the rest open.
std::optional<Quotas::Limit> Quotas::find_limit(const Call& call, const std::string& key) const {
    const std::string user = user_of(call.connection);
    const std::optional<std::string> users[] = {user, std::nullopt};
    const std::optional<std::string> clients[] = {call.client_id, std::nullopt};
    const auto find = [&](const QuotaEntity& entity) -> std::optional<Limit> {
        const auto values = quotas_.find(entity);
        if (values == quotas_.end() || !values->second.contains(key)) {
            return std::nullopt;
        }
        std::string counted_for = key;
        counted_for += entity.contains("user") ? "/user/" + user : "";
        counted_for += entity.contains("client-id") ? "/client-id/" + call.client_id : "";
        return Limit{counted_for, values->second.at(key)};
    };
    for (const auto& one : users) {
        for (const auto& client : clients) {
            if (auto limit = find({{"user", one}, {"client-id", client}})) {
                return limit;
            }
        }
        if (auto limit = find({{"user", one}})) {
            return limit;
        }
    }
    for (const auto& client : clients) {
        if (auto limit = find({{"client-id", client}})) {
            return limit;
        }
    }
    return std::nullopt;
}

int32_t Quotas::charge_bytes(Call& call, const std::string& key, size_t bytes) {
    const auto limit = find_limit(call, key);
    if (!limit) {
        return 0;
    }
    // A quota of 0 would hold its client for ever.
    const double rate = std::max(limit->bytes_per_second, 1e-3);
    const runtime::TimePoint now = cluster_.loop().now();
    const double capacity = rate * kBucketSeconds;
    const auto [place, is_new] = buckets_.try_emplace(limit->counted_for, Bucket{capacity, now});
    Bucket& bucket = place->second;
    const double passed_s = std::chrono::duration<double>(now - bucket.filled_at).count();
    bucket.left_bytes = std::min(bucket.left_bytes + passed_s * rate, capacity);
    bucket.left_bytes -= static_cast<double>(bytes);
    bucket.filled_at = now;
    if (bucket.left_bytes >= 0) {
        return 0;
    }
    const double wait_ms = std::min(std::ceil(-bucket.left_bytes / rate * 1000), kLongestWaitMs);
    const auto throttle_ms = static_cast<int32_t>(wait_ms);
    call.connection.muted_until = now + std::chrono::milliseconds(throttle_ms);
    return throttle_ms;
}

int32_t Quotas::charge(Call& call, const protocol::ProduceRequest& request) {
    size_t bytes = 0;
    for (const auto& topic : request.topic_data) {
        for (const auto& data : topic.partition_data) {
            bytes += data.records.size();
        }
    }
    return charge_bytes(call, "producer_byte_rate", bytes);
}

int32_t Quotas::charge(Call& call, const protocol::FetchResponse& response) {
    size_t bytes = 0;
    for (const auto& topic : response.responses) {
        for (const auto& partition : topic.partitions) {
            bytes += partition.records.size();
        }
    }
    return charge_bytes(call, "consumer_byte_rate", bytes);
}

}  // namespace lockstep::sandbox
