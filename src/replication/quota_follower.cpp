#include "replication/quota_follower.h"

#include "base/assert.h"
#include "base/log.h"
#include "replication/followed_record.h"

#include <fmt/core.h>

namespace lockstep::replication {

using runtime::Task;
using Action = SettingDifference::Action;

namespace {

PrincipalMap principals_of(const AclRules& rules) {
    auto map = PrincipalMap::make(rules);
    LS_ASSERT(map.has_value());
    return std::move(*map);
}

Settings settings_of(const QuotaSettings& all, const client::QuotaEntity& entity) {
    const auto found = all.find(entity);
    return found == all.end() ? Settings{} : found->second;
}

}  // namespace

QuotaFollower::QuotaFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                             FollowedStore& store)
    : source_(source),
      target_(target),
      spec_(std::move(spec)),
      store_(store),
      principals_(principals_of(spec_.acls)) {}

std::string QuotaFollower::key_prefix() const {
    return join_parts({source_.metadata().cluster_id(), spec_.name, "quota", ""});
}

std::string QuotaFollower::key_of(const client::QuotaEntity& entity) const {
    return key_prefix() + quota_key(entity);
}

Result<Settings> QuotaFollower::agreed_on(const client::QuotaEntity& entity) const {
    const auto stored = store_.entries().find(key_of(entity));
    if (stored == store_.entries().end()) {
        return Settings{};
    }
    return decode_settings(stored->second);
}

Task<Result<std::vector<QuotaFollower::EntityLook>>> QuotaFollower::look(std::stop_token stop) {
    auto on_target = co_await client::describe_quotas(target_, stop);
    LS_CO_TRY(target_quotas, std::move(on_target));
    auto at_source = co_await client::describe_quotas(source_, stop);
    LS_CO_TRY(source_quotas, std::move(at_source));
    const QuotaSettings found = quota_settings(target_quotas);
    const QuotaSettings set_there = quota_settings(source_quotas);
    const QuotaSettings wanted = wanted_quotas(set_there, principals_);
    const auto left_alone = left_alone_quotas(found, set_there, principals_);
    std::set<client::QuotaEntity> entities;
    for (const QuotaSettings* side : {&found, &wanted}) {
        for (const auto& [entity, settings] : *side) {
            entities.insert(entity);
        }
    }
    std::vector<EntityLook> looks;
    for (const client::QuotaEntity& entity : entities) {
        if (left_alone.contains(entity)) {
            continue;  // and what was agreed on is forgotten: it is the target's own
        }
        LS_CO_TRY(agreed, agreed_on(entity));
        const ThreeSides sides{settings_of(wanted, entity), settings_of(found, entity),
                               std::move(agreed)};
        looks.push_back({entity, compare_settings(sides, spec_.quotas, {})});
    }
    co_return looks;
}

Task<Result<void>> QuotaFollower::follow(std::vector<EntityLook> looks, std::stop_token stop) {
    in_step_ = 0;
    drift_.clear();
    std::vector<client::QuotaChange> changes;
    std::vector<EntityLook*> changed;
    for (EntityLook& look : looks) {
        client::QuotaChange change{look.entity, {}};
        in_step_ += look.difference.in_step;
        for (const SettingDifference& each : look.difference.differences) {
            if (each.action == Action::keep) {
                drift_.push_back(
                    {quota_subject(look.entity), each.key, each.wanted, each.found, each.reason});
            } else {
                change.values[each.key] = each.action == Action::set
                                              ? std::optional(quota_value(*each.wanted))
                                              : std::nullopt;
            }
        }
        if (!change.values.empty()) {
            changes.push_back(std::move(change));
            changed.push_back(&look);
        }
    }
    if (!changes.empty()) {
        auto altered = co_await client::alter_quotas(target_, std::move(changes), stop);
        LS_CO_TRY(outcomes, std::move(altered));
        for (size_t index = 0; index < changed.size(); ++index) {
            take(*changed[index], outcomes[index]);
        }
    }
    FollowedStore::Changes to_remember;
    const std::string prefix = key_prefix();
    for (auto entry = store_.entries().lower_bound(prefix);
         entry != store_.entries().end() && entry->first.starts_with(prefix); ++entry) {
        to_remember[entry->first] = std::nullopt;  // gone on both sides, unless it is below
    }
    for (const EntityLook& look : looks) {
        const Settings& agreed = look.difference.agreed;
        to_remember[key_of(look.entity)] =
            agreed.empty() ? std::nullopt : std::optional(encode_settings(agreed));
    }
    auto remembered = co_await store_.put(std::move(to_remember), stop);
    co_return remembered;
}

/// The outcome of what was changed of one entity.
void QuotaFollower::take(EntityLook& look, const Error& outcome) {
    const std::string subject = quota_subject(look.entity);
    for (const SettingDifference& each : look.difference.differences) {
        if (each.action == Action::keep) {
            continue;
        }
        if (outcome.code) {
            drift_.push_back({subject, each.key, each.wanted, each.found, outcome.message()});
            if (noted_.insert(subject + each.key + outcome.message()).second) {
                log::warn("link {}: quota {} of {}: {}", spec_.name, each.key, subject,
                          outcome.message());
            }
            continue;
        }
        agree(look.difference.agreed, each);
        ++changes_;
        ++in_step_;
        log::info("link {}: quota {} of {} on {} is {} now, it was {}", spec_.name, each.key,
                  subject, spec_.target, each.wanted.value_or("none"), each.found.value_or("none"));
    }
}

void QuotaFollower::add_to(FollowStatus& status) const {
    status.in_step = in_step_;
    status.changes = changes_;
    status.drift = drift_;
}

}  // namespace lockstep::replication
