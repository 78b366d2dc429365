#include "replication/quota_difference.h"

#include "replication/followed_record.h"

#include <fmt/core.h>

#include <charconv>

namespace lockstep::replication {
namespace {

const std::string kUser = "user";
constexpr std::string_view kUserPrefix = "User:";

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
