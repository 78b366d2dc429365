#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

/// Numbers as in Kafka's protocol (org.apache.kafka.common.resource.ResourceType).
enum class AclResource : int8_t {
    topic = 2,
    group = 3,
    cluster = 4,
    transactional_id = 5,
    delegation_token = 6,
    user = 7,
};

/// Numbers as in Kafka's protocol (org.apache.kafka.common.resource.PatternType).
enum class AclPattern : int8_t { literal = 3, prefixed = 4 };

/// Numbers as in Kafka's protocol (org.apache.kafka.common.acl.AclOperation).
enum class AclRight : int8_t {
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

/// Numbers as in Kafka's protocol (org.apache.kafka.common.acl.AclPermissionType).
enum class AclPermission : int8_t { deny = 2, allow = 3 };

/// Kafka's words: "TOPIC", "PREFIXED", "ALTER_CONFIGS", "ALLOW"; "" for a number that is none.
std::string_view to_string(AclResource resource);
std::string_view to_string(AclPattern pattern);
std::string_view to_string(AclRight right);
std::string_view to_string(AclPermission permission);

/// The value with that word.
std::optional<AclResource> parse_acl_resource(std::string_view word);
std::optional<AclPattern> parse_acl_pattern(std::string_view word);
std::optional<AclRight> parse_acl_right(std::string_view word);
std::optional<AclPermission> parse_acl_permission(std::string_view word);

/// Principal, host and resource "*" stand for all of them.
constexpr std::string_view kEverybody = "User:*";
constexpr std::string_view kEveryHost = "*";
constexpr std::string_view kEveryResource = "*";

/// One rule of an authorizer: what `principal` from `host` may or may not do.
struct Acl {
    AclResource resource = AclResource::topic;
    AclPattern pattern = AclPattern::literal;
    std::string name;  // of the resource, or the prefix of names
    std::string principal;
    std::string host;
    AclRight right = AclRight::read;
    AclPermission permission = AclPermission::allow;

    auto operator<=>(const Acl&) const = default;

    /// "ALLOW User:alice from * READ", for people.
    std::string rule() const;
    /// "TOPIC orders", "TOPIC orders (PREFIXED)", for people.
    std::string subject() const;
};

}  // namespace lockstep
