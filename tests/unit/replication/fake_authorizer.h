#pragma once

#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "tests/unit/replication/around_clusters.h"

#include <set>
#include <string>

namespace lockstep::replication {

/// The authorizer of one cluster.
struct FakeAuthorizer {
    explicit FakeAuthorizer(test::FakeBroker& broker) {
        broker.on(protocol::ApiKey::describe_acls,
                  [this](const test::ReceivedRequest& r) { describe(r); });
        broker.on(protocol::ApiKey::create_acls,
                  [this](const test::ReceivedRequest& r) { create(r); });
        broker.on(protocol::ApiKey::delete_acls,
                  [this](const test::ReceivedRequest& r) { erase(r); });
    }

    void describe(const test::ReceivedRequest& request) const {
        protocol::DescribeAclsResponse response;
        response.error_code = error_code;
        for (const Acl& acl : acls) {
            auto& resource = response.resources.emplace_back();
            resource.resource_type = static_cast<int8_t>(acl.resource);
            resource.pattern_type = static_cast<int8_t>(acl.pattern);
            resource.resource_name = acl.name;
            auto& description = resource.acls.emplace_back();
            description.principal = acl.principal;
            description.host = acl.host;
            description.operation = static_cast<int8_t>(acl.right);
            description.permission_type = static_cast<int8_t>(acl.permission);
        }
        request.answer(response);
    }

    void create(const test::ReceivedRequest& request) {
        ++creations;
        protocol::CreateAclsResponse response;
        for (const auto& entry : request.as<protocol::CreateAclsRequest>().creations) {
            response.results.emplace_back().error_code = create_error;
            if (create_error == 0) {
                acls.insert({AclResource(entry.resource_type),
                             AclPattern(entry.resource_pattern_type), entry.resource_name,
                             entry.principal, entry.host, AclRight(entry.operation),
                             AclPermission(entry.permission_type)});
            }
        }
        if (!is_mute) {
            request.answer(response);
        }
    }

    void erase(const test::ReceivedRequest& request) {
        protocol::DeleteAclsResponse response;
        for (const auto& filter : request.as<protocol::DeleteAclsRequest>().filters) {
            response.filter_results.emplace_back();
            acls.erase({AclResource(filter.resource_type_filter),
                        AclPattern(filter.pattern_type_filter), *filter.resource_name_filter,
                        *filter.principal_filter, *filter.host_filter, AclRight(filter.operation),
                        AclPermission(filter.permission_type)});
        }
        request.answer(response);
    }

    std::set<Acl> acls;
    int16_t error_code = 0;
    int16_t create_error = 0;
    bool is_mute = false;  // does what it is asked for, and does not say so
    int creations = 0;
};

inline Acl allow(AclRight right, std::string principal = "User:alice") {
    return {AclResource::topic,  AclPattern::literal, "orders", std::move(principal), "*", right,
            AclPermission::allow};
}

}  // namespace lockstep::replication
