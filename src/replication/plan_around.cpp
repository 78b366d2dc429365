#include "replication/plan_around.h"

#include "replication/acl_follower.h"
#include "replication/config_follower.h"
#include "replication/deletion_follower.h"
#include "replication/quota_follower.h"
#include "replication/user_follower.h"

namespace lockstep::replication {

using runtime::Task;

namespace {

std::string problem_of(const Result<void>& outcome) {
    return outcome.has_error() ? outcome.error().message() : "";
}

std::string words_of(const Acl& acl) {
    return acl.rule() + " on " + acl.subject();
}

template <typename Acls>
std::vector<std::string> all_words_of(const Acls& acls) {
    std::vector<std::string> words;
    for (const Acl& acl : acls) {
        words.push_back(words_of(acl));
    }
    return words;
}

/// Of topics that the target has already.
Task<Result<void>> plan_configs(LinkPlan& plan, PlannedLink link, FollowedStore& store,
                                std::stop_token stop) {
    std::map<std::string, PlannedTopic*> by_name;
    std::vector<std::string> names;
    for (PlannedTopic& topic : plan.topics) {
        if (topic.action != PlannedTopic::Action::create) {
            by_name[topic.name] = &topic;
            names.push_back(topic.name);
        }
    }
    if (names.empty()) {
        co_return Result<void>();
    }
    ConfigFollower follower(link.source, link.target, link.spec, store);
    auto looked = co_await follower.look(std::move(names), stop);
    LS_CO_TRY(looks, std::move(looked));
    for (ConfigFollower::TopicLook& look : looks) {
        PlannedTopic& topic = *by_name.at(look.topic);
        topic.changes = std::move(look.difference.differences);
        if (!look.problem.empty()) {
            topic.notes.push_back(std::move(look.problem));
        }
    }
    co_return Result<void>();
}

Task<Result<void>> plan_acls(PlannedAcls& plan, PlannedLink link, FollowedStore& store,
                             std::stop_token stop) {
    AclFollower follower(link.source, link.target, link.spec, store);
    auto looked = co_await follower.look(stop);
    LS_CO_TRY(look, std::move(looked));
    plan.problem = look.unavailable.empty() ? look.problem : look.unavailable;
    plan.create = all_words_of(look.difference.to_create);
    plan.remove = all_words_of(look.difference.to_delete);
    plan.on_failover = all_words_of(look.on_failover);
    co_return Result<void>();
}

Task<Result<void>> plan_quotas(PlannedQuotas& plan, PlannedLink link, FollowedStore& store,
                               std::stop_token stop) {
    QuotaFollower follower(link.source, link.target, link.spec, store);
    auto looked = co_await follower.look(stop);
    LS_CO_TRY(looks, std::move(looked));
    for (const QuotaFollower::EntityLook& look : looks) {
        for (const SettingDifference& change : look.difference.differences) {
            plan.changes.push_back({quota_subject(look.entity), change});
        }
    }
    co_return Result<void>();
}

Task<Result<void>> plan_users(PlannedUsers& plan, PlannedLink link, FollowedStore& store,
                              std::stop_token stop) {
    UserFollower follower(link.source, link.target, link.spec, store);
    auto looked = co_await follower.look(stop);
    LS_CO_TRY(look, std::move(looked));
    for (const auto& [credentials, words] :
         {std::pair{&look.create, &plan.create}, std::pair{&look.change, &plan.change},
          std::pair{&look.set_again, &plan.set_again}, std::pair{&look.remove, &plan.remove}}) {
        for (const Credential& credential : *credentials) {
            words->push_back(replication::words_of(credential));
        }
    }
    co_return Result<void>();
}

/// Copies are not looked through: that is done when they are due.
Task<Result<void>> plan_deletions(PlannedDeletions& plan, PlannedLink link, FollowedStore& store,
                                  std::stop_token stop) {
    const std::vector<FollowedTopic> topics =
        followed_topics(store.entries(), link.source.metadata().cluster_id(), link.spec);
    std::vector<std::string> missing;
    std::vector<std::string> copies;
    for (const FollowedTopic& topic : topics) {
        if (link.source.metadata().find_topic(topic.topic) == nullptr) {
            missing.push_back(topic.topic);
            copies.push_back(topic.target_topic);
        }
    }
    if (missing.empty()) {
        co_return Result<void>();
    }
    LS_CO_CHECK(co_await link.target.refresh_metadata(&copies, stop));
    const auto at_source = co_await client::ask_for_topics(link.source, std::move(missing), stop);
    const int64_t now_ms = link.source.runtime().loop.wall_clock_ms();
    for (const FollowedTopic& topic : topics) {
        const auto presence = at_source.find(topic.topic);
        const auto* copy = link.target.metadata().find_topic(topic.target_topic);
        if (presence == at_source.end() || copy == nullptr || copy->id != topic.target_id ||
            presence->second.kind == client::TopicPresence::Kind::there) {
            continue;
        }
        DeletedTopic& deleted = plan.copies.emplace_back();
        deleted.topic = topic.topic;
        deleted.target_topic = topic.target_topic;
        if (presence->second.kind == client::TopicPresence::Kind::gone) {
            deleted.gone_since_ms = topic.gone_since_ms.value_or(now_ms);
            deleted.due_ms = deleted.gone_since_ms + kept_ms(link.spec.on_deleted);
        } else {
            deleted.problem =
                "whether it is gone at the source cannot be known: " + presence->second.problem;
        }
    }
    co_return Result<void>();
}

}  // namespace

Task<void> plan_around(LinkPlan& plan, PlannedLink link, std::stop_token stop) {
    FollowedStore store(link.target);
    const auto remembered = co_await store.catch_up(stop);
    if (remembered.has_error()) {
        plan.configs_problem = remembered.error().message();
        co_return;
    }
    const auto configs = co_await plan_configs(plan, link, store, stop);
    plan.configs_problem = problem_of(configs);
    if (link.spec.acls.is_followed) {
        plan.acls.emplace();
        const auto acls = co_await plan_acls(*plan.acls, link, store, stop);
        if (acls.has_error()) {
            plan.acls->problem = problem_of(acls);
        }
    }
    if (link.spec.quotas != FollowRule::off) {
        plan.quotas.emplace();
        const auto quotas = co_await plan_quotas(*plan.quotas, link, store, stop);
        plan.quotas->problem = problem_of(quotas);
    }
    if (link.spec.on_deleted.kind != DeletedRule::Kind::ignore) {
        plan.deletions.emplace();
        const auto deletions = co_await plan_deletions(*plan.deletions, link, store, stop);
        plan.deletions->problem = problem_of(deletions);
    }
    if (link.spec.users) {
        plan.users.emplace();
        const auto users = co_await plan_users(*plan.users, link, store, stop);
        plan.users->problem = problem_of(users);
    }
}

}  // namespace lockstep::replication
