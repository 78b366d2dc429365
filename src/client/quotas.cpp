#include "client/quotas.h"

#include "client/answered_error.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"

#include <fmt/core.h>

namespace lockstep::client {

using runtime::Task;

Task<Result<std::map<QuotaEntity, Quotas>>> describe_quotas(Cluster& cluster,
                                                            std::stop_token stop) {
    const protocol::DescribeClientQuotasRequest request;
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    if (answer.message.error_code != 0) {
        co_return answered_error(answer.message.error_code, answer.message.error_message,
                                 "list the client quotas of " + cluster.name());
    }
    std::map<QuotaEntity, Quotas> quotas;
    if (answer.message.entries) {
        for (const auto& entry : *answer.message.entries) {
            QuotaEntity entity;
            for (const auto& part : entry.entity) {
                entity[part.entity_type] = part.entity_name;
            }
            for (const auto& value : entry.values) {
                quotas[entity][value.key] = value.value;
            }
        }
    }
    co_return quotas;
}

Task<Result<std::vector<Error>>> alter_quotas(Cluster& cluster, std::vector<QuotaChange> changes,
                                              std::stop_token stop) {
    protocol::AlterClientQuotasRequest request;
    for (const QuotaChange& change : changes) {
        auto& entry = request.entries.emplace_back();
        for (const auto& [type, name] : change.entity) {
            auto& part = entry.entity.emplace_back();
            part.entity_type = type;
            part.entity_name = name;
        }
        for (const auto& [key, value] : change.values) {
            auto& op = entry.ops.emplace_back();
            op.key = key;
            op.value = value.value_or(0);
            op.remove = !value;
        }
    }
    auto called = co_await cluster.call_controller(request, stop);
    LS_CO_TRY(answer, std::move(called));
    // Brokers answer in an order of their own.
    std::map<QuotaEntity, Error> by_entity;
    for (const auto& entry : answer.message.entries) {
        QuotaEntity entity;
        for (const auto& part : entry.entity) {
            entity[part.entity_type] = part.entity_name;
        }
        by_entity[entity] = answered_error(entry.error_code, entry.error_message,
                                           "change client quotas on " + cluster.name());
    }
    std::vector<Error> outcomes;
    for (const QuotaChange& change : changes) {
        const auto found = by_entity.find(change.entity);
        outcomes.push_back(found != by_entity.end()
                               ? found->second
                               : Error(Errc::malformed, "an entity of the client quotas on " +
                                                            cluster.name() + " was not answered"));
    }
    co_return outcomes;
}

}  // namespace lockstep::client
