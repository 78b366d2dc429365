#include "replication/quota_difference.h"

#include "replication/followed_record.h"

#include <fmt/core.h>

#include <charconv>

namespace lockstep::replication {
namespace {

const std::string kUser = "user";
constexpr std::string_view kUserPrefix = "User:";

/// "" where the entity is not about one user.
std::string principal_of(const client::QuotaEntity& entity) {
    const auto user = entity.find(kUser);
    return user != entity.end() && user->second ? std::string(kUserPrefix) + *user->second : "";
}

}  // namespace

QuotaSettings quota_settings(const std::map<client::QuotaEntity, client::Quotas>& quotas) {
    QuotaSettings settings;
    for (const auto& [entity, values] : quotas) {
        if (entity.contains("ip")) {
            continue;
        }
        for (const auto& [key, value] : values) {
            settings[entity][key] = fmt::format("{}", value);
        }
    }
    return settings;
}

QuotaSettings wanted_quotas(const QuotaSettings& at_source, const PrincipalMap& principals) {
    QuotaSettings wanted;
    for (const auto& [entity, settings] : at_source) {
        client::QuotaEntity renamed = entity;
        const auto user = renamed.find(kUser);
        if (user != renamed.end() && user->second) {
            auto principal = principals.on_target(std::string(kUserPrefix) + *user->second);
            if (!principal) {
                continue;
            }
            user->second = principal->starts_with(kUserPrefix)
                               ? principal->substr(kUserPrefix.size())
                               : *principal;
        }
        wanted[renamed] = settings;
    }
    return wanted;
}

std::set<client::QuotaEntity> left_alone_quotas(const QuotaSettings& on_target,
                                                const QuotaSettings& at_source,
                                                const PrincipalMap& principals) {
    std::set<std::string> followed;  // as they are called on the target
    std::set<std::string> left_alone;
    for (const auto& [entity, settings] : at_source) {
        if (const std::string principal = principal_of(entity); !principal.empty()) {
            auto& those = principals.is_left_alone(principal) ? left_alone : followed;
            those.insert(principals.renamed(principal));
        }
    }
    std::set<client::QuotaEntity> entities;
    for (const auto& [entity, settings] : on_target) {
        const std::string principal = principal_of(entity);
        const bool is_left = left_alone.contains(principal) || principals.is_left_alone(principal);
        if (!principal.empty() && is_left && !followed.contains(principal)) {
            entities.insert(entity);
        }
    }
    return entities;
}

std::string quota_subject(const client::QuotaEntity& entity) {
    std::string text;
    for (const auto& [type, name] : entity) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", type, name.value_or("(default)"));
    }
    return text;
}

std::string quota_key(const client::QuotaEntity& entity) {
    std::vector<std::string> parts;
    for (const auto& [type, name] : entity) {
        parts.push_back(type);
        parts.push_back(name ? ":" + *name : "*");
    }
    return join_parts(parts);
}

double quota_value(const std::string& text) {
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace lockstep::replication
