#include "model/acl.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lockstep {
namespace {

template <typename Value, size_t N>
using Words = std::array<std::pair<Value, std::string_view>, N>;

constexpr Words<AclResource, 6> kResources{{{AclResource::topic, "TOPIC"},
                                            {AclResource::group, "GROUP"},
                                            {AclResource::cluster, "CLUSTER"},
                                            {AclResource::transactional_id, "TRANSACTIONAL_ID"},
                                            {AclResource::delegation_token, "DELEGATION_TOKEN"},
                                            {AclResource::user, "USER"}}};

constexpr Words<AclPattern, 2> kPatterns{
    {{AclPattern::literal, "LITERAL"}, {AclPattern::prefixed, "PREFIXED"}}};

constexpr Words<AclRight, 14> kRights{{{AclRight::all, "ALL"},
                                       {AclRight::read, "READ"},
                                       {AclRight::write, "WRITE"},
                                       {AclRight::create, "CREATE"},
                                       {AclRight::erase, "DELETE"},
                                       {AclRight::alter, "ALTER"},
                                       {AclRight::describe, "DESCRIBE"},
                                       {AclRight::cluster_action, "CLUSTER_ACTION"},
                                       {AclRight::describe_configs, "DESCRIBE_CONFIGS"},
                                       {AclRight::alter_configs, "ALTER_CONFIGS"},
                                       {AclRight::idempotent_write, "IDEMPOTENT_WRITE"},
                                       {AclRight::create_tokens, "CREATE_TOKENS"},
                                       {AclRight::describe_tokens, "DESCRIBE_TOKENS"},
                                       {AclRight::two_phase_commit, "TWO_PHASE_COMMIT"}}};

constexpr Words<AclPermission, 2> kPermissions{
    {{AclPermission::deny, "DENY"}, {AclPermission::allow, "ALLOW"}}};

template <typename Value, size_t N>
std::string_view word_of(const Words<Value, N>& words, Value value) {
    const auto found = std::ranges::find(words, value, &std::pair<Value, std::string_view>::first);
    return found == words.end() ? std::string_view{} : found->second;
}

template <typename Value, size_t N>
std::optional<Value> value_of(const Words<Value, N>& words, std::string_view word) {
    const auto found = std::ranges::find(words, word, &std::pair<Value, std::string_view>::second);
    return found == words.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace

std::string_view to_string(AclResource resource) {
    return word_of(kResources, resource);
}

std::string_view to_string(AclPattern pattern) {
    return word_of(kPatterns, pattern);
}

std::string_view to_string(AclRight right) {
    return word_of(kRights, right);
}

std::string_view to_string(AclPermission permission) {
    return word_of(kPermissions, permission);
}

std::optional<AclResource> parse_acl_resource(std::string_view word) {
    return value_of(kResources, word);
}

std::optional<AclPattern> parse_acl_pattern(std::string_view word) {
    return value_of(kPatterns, word);
}

std::optional<AclRight> parse_acl_right(std::string_view word) {
    return value_of(kRights, word);
}

std::optional<AclPermission> parse_acl_permission(std::string_view word) {
    return value_of(kPermissions, word);
}

std::string Acl::rule() const {
    return fmt::format("{} {} from {} {}", to_string(permission), principal, host,
                       to_string(right));
}

std::string Acl::subject() const {
    return fmt::format("{} {}{}", to_string(resource), name,
                       pattern == AclPattern::prefixed ? " (PREFIXED)" : "");
}

}  // namespace lockstep
