#include "replication/acl_record.h"

#include "replication/followed_record.h"

#include <array>

namespace lockstep::replication {
namespace {

constexpr size_t kParts = 10;
constexpr std::string_view kKind = "acl";

std::optional<Acl> parse(const std::vector<std::string>& parts) {
    if (parts.size() != kParts || parts[2] != kKind) {
        return std::nullopt;
    }
    const auto resource = parse_acl_resource(parts[3]);
    const auto pattern = parse_acl_pattern(parts[4]);
    const auto right = parse_acl_right(parts[8]);
    const auto permission = parse_acl_permission(parts[9]);
    if (!resource || !pattern || !right || !permission) {
        return std::nullopt;
    }
    return Acl{*resource, *pattern, parts[5], parts[6], parts[7], *right, *permission};
}

}  // namespace

std::string acl_key(const AclOwner& owner, const Acl& acl) {
    return join_parts({owner.source_cluster_id, owner.link, std::string(kKind),
                       std::string(to_string(acl.resource)), std::string(to_string(acl.pattern)),
                       acl.name, acl.principal, acl.host, std::string(to_string(acl.right)),
                       std::string(to_string(acl.permission))});
}

RememberedAcls remembered_acls(const FollowedStore::Entries& entries, const AclOwner& owner) {
    RememberedAcls remembered;
    const std::string prefix =
        join_parts({owner.source_cluster_id, owner.link, std::string(kKind), ""});
    for (auto entry = entries.lower_bound(prefix);
         entry != entries.end() && entry->first.starts_with(prefix); ++entry) {
        if (auto acl = parse(split_parts(entry->first))) {
            auto& acls = entry->second == kCreatedAcl ? remembered.created
                         : entry->second == kLeftAcl  ? remembered.left_alone
                                                      : remembered.on_failover;
            acls.insert(std::move(*acl));
        }
    }
    return remembered;
}

std::set<Acl> created_acls(const FollowedStore::Entries& entries) {
    std::set<Acl> created;
    for (const auto& [key, value] : entries) {
        if (value != kCreatedAcl && value != kLeftAcl) {
            continue;
        }
        if (auto acl = parse(split_parts(key))) {
            created.insert(std::move(*acl));
        }
    }
    return created;
}

}  // namespace lockstep::replication
