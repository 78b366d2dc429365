#include "client/acls.h"

#include "client/answered_error.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"

#include <fmt/core.h>

namespace lockstep::client {

using runtime::Task;

namespace {

constexpr int8_t kAny = 1;  // resource type, pattern type, operation, permission

/// Nothing for what is of a kind that this Lockstep does not know.
std::optional<Acl> acl_of(const protocol::DescribeAclsResponse::DescribeAclsResource& resource,
                          const protocol::DescribeAclsResponse::AclDescription& description) {
    Acl acl;
    acl.resource = AclResource(resource.resource_type);
    acl.pattern = AclPattern(resource.pattern_type);
    acl.name = resource.resource_name;
    acl.principal = description.principal;
    acl.host = description.host;
    acl.right = AclRight(description.operation);
    acl.permission = AclPermission(description.permission_type);
    const bool is_known = !to_string(acl.resource).empty() && !to_string(acl.pattern).empty() &&
                          !to_string(acl.right).empty() && !to_string(acl.permission).empty();
    return is_known ? std::optional(std::move(acl)) : std::nullopt;
}

}  // namespace

Task<Result<std::vector<Acl>>> describe_acls(Cluster& cluster, std::stop_token stop) {
    protocol::DescribeAclsRequest request;
    request.resource_type_filter = kAny;
    request.resource_name_filter = std::nullopt;
    request.pattern_type_filter = kAny;
    request.principal_filter = std::nullopt;
    request.host_filter = std::nullopt;
    request.operation = kAny;
    request.permission_type = kAny;
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    if (answer.message.error_code != 0) {
        co_return answered_error(answer.message.error_code, answer.message.error_message,
                                 "list the ACLs of " + cluster.name());
    }
    std::vector<Acl> acls;
    for (const auto& resource : answer.message.resources) {
        for (const auto& description : resource.acls) {
            if (auto acl = acl_of(resource, description)) {
                acls.push_back(std::move(*acl));
            }
        }
    }
    co_return acls;
}

Task<Result<std::vector<Error>>> create_acls(Cluster& cluster, std::vector<Acl> acls,
                                             std::stop_token stop) {
    protocol::CreateAclsRequest request;
    for (const Acl& acl : acls) {
        auto& entry = request.creations.emplace_back();
        entry.resource_type = static_cast<int8_t>(acl.resource);
        entry.resource_pattern_type = static_cast<int8_t>(acl.pattern);
        entry.resource_name = acl.name;
        entry.principal = acl.principal;
        entry.host = acl.host;
        entry.operation = static_cast<int8_t>(acl.right);
        entry.permission_type = static_cast<int8_t>(acl.permission);
    }
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    if (answer.message.results.size() != acls.size()) {
        co_return Error(Errc::malformed,
                        fmt::format("{} ACLs were created on {} and {} answered", acls.size(),
                                    cluster.name(), answer.message.results.size()));
    }
    std::vector<Error> outcomes;
    for (const auto& result : answer.message.results) {
        outcomes.push_back(answered_error(result.error_code, result.error_message,
                                          "create an ACL on " + cluster.name()));
    }
    co_return outcomes;
}

Task<Result<std::vector<Error>>> delete_acls(Cluster& cluster, std::vector<Acl> acls,
                                             std::stop_token stop) {
    protocol::DeleteAclsRequest request;
    for (const Acl& acl : acls) {
        auto& filter = request.filters.emplace_back();
        filter.resource_type_filter = static_cast<int8_t>(acl.resource);
        filter.pattern_type_filter = static_cast<int8_t>(acl.pattern);
        filter.resource_name_filter = acl.name;
        filter.principal_filter = acl.principal;
        filter.host_filter = acl.host;
        filter.operation = static_cast<int8_t>(acl.right);
        filter.permission_type = static_cast<int8_t>(acl.permission);
    }
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    if (answer.message.filter_results.size() != acls.size()) {
        co_return Error(Errc::malformed,
                        fmt::format("{} ACLs were deleted on {} and {} answered", acls.size(),
                                    cluster.name(), answer.message.filter_results.size()));
    }
    std::vector<Error> outcomes;
    for (const auto& result : answer.message.filter_results) {
        Error outcome = answered_error(result.error_code, result.error_message,
                                       "delete an ACL on " + cluster.name());
        for (const auto& match : result.matching_acls) {
            if (!outcome.code) {
                outcome = answered_error(match.error_code, match.error_message,
                                         "delete an ACL on " + cluster.name());
            }
        }
        outcomes.push_back(std::move(outcome));
    }
    co_return outcomes;
}

}  // namespace lockstep::client
