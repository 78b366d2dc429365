#pragma once

#include "sandbox/call.h"

#include <optional>
#include <string_view>
#include <vector>

namespace lockstep::sandbox {

/// Numbers as in Kafka's protocol (org.apache.kafka.common.acl.AclOperation).
enum class AclOperation : int8_t {
    any = 1,
    all = 2,
    read = 3,
    write = 4,
    create = 5,
    erase = 6,  // DELETE
    alter = 7,
    describe = 8,
    cluster_action = 9,
    describe_configs = 10,
    alter_configs = 11,
    idempotent_write = 12,
    create_tokens = 13,
    describe_tokens = 14,
    two_phase_commit = 15,
};

/// Numbers as in Kafka's protocol (org.apache.kafka.common.resource.ResourceType).
enum class ResourceType : int8_t {
    any = 1,
    topic = 2,
    group = 3,
    cluster = 4,
    transactional_id = 5,
    delegation_token = 6,
    user = 7,
};

/// Numbers as in Kafka's protocol (org.apache.kafka.common.resource.PatternType). `any` and
/// `match` are for filters only.
enum class PatternType : int8_t { any = 1, match = 2, literal = 3, prefixed = 4 };

/// Numbers as in Kafka's protocol (org.apache.kafka.common.acl.AclPermissionType).
enum class AclPermission : int8_t { any = 1, deny = 2, allow = 3 };

constexpr std::string_view kClusterResource = "kafka-cluster";
constexpr std::string_view kWildcard = "*";

/// One rule: what `principal` from `host` may or may not do to what `pattern` names.
struct Acl {
    ResourceType type = ResourceType::topic;
    PatternType pattern = PatternType::literal;
    std::string name;
    std::string principal;
    std::string host;
    AclOperation operation = AclOperation::all;
    AclPermission permission = AclPermission::allow;

    auto operator<=>(const Acl&) const = default;

    bool covers(ResourceType asked, std::string_view resource) const;
};

/// Which rules are meant; nothing stands for every name, principal or host.
struct AclFilter {
    ResourceType type = ResourceType::any;
    PatternType pattern = PatternType::any;
    std::optional<std::string> name;
    std::optional<std::string> principal;
    std::optional<std::string> host;
    AclOperation operation = AclOperation::any;
    AclPermission permission = AclPermission::any;

    bool matches(const Acl& acl) const;
};

/// Who may do what (StandardAuthorizer). Without an authorizer everybody may do everything.
/// Super users may do everything, then DENY counts, then ALLOW; what no rule is about is allowed
/// only where allow.everyone.if.no.acl.found says so. Owned by a Cluster.
class Acls {
public:
    explicit Acls(const Cluster& cluster) : cluster_(cluster) {}

    bool allows(const Call& call, AclOperation operation, ResourceType type,
                std::string_view name) const;
    /// Whether there is a resource of that type for which it is allowed (authorizeByResourceType):
    /// who may write to some topic may write idempotently.
    bool allows_any_of(const Call& call, AclOperation operation, ResourceType type) const;
    /// What Metadata and the Describe requests tell of it: the bit of each operation.
    int32_t authorized_operations(const Call& call, ResourceType type, std::string_view name) const;

    /// A rule that is there already changes nothing.
    void add(const Acl& acl);
    std::vector<Acl> find(const AclFilter& filter) const;
    std::vector<Acl> remove(const AclFilter& filter);

private:
    bool is_unguarded(const Call& call) const;
    bool allows_everyone_by_default() const;

    const Cluster& cluster_;
    std::vector<Acl> acls_;  // sorted
};

}  // namespace lockstep::sandbox
