#include "replication/acl_follower.h"

#include "base/assert.h"
#include "base/log.h"
#include "client/acls.h"
#include "protocol/kafka_error.h"

#include <fmt/core.h>

namespace lockstep::replication {

using protocol::KafkaError;
using runtime::Task;

namespace {

/// Brokers take any number; this keeps a request small.
constexpr size_t kMostAtOnce = 500;

TopicFilter filter_of(const std::vector<std::string>& names,
                      const std::vector<std::string>& exclude) {
    auto filter = TopicFilter::make(names, exclude);
    LS_ASSERT(filter.has_value());
    return std::move(*filter);
}

PrincipalMap principals_of(const AclRules& rules) {
    auto map = PrincipalMap::make(rules);
    LS_ASSERT(map.has_value());
    return std::move(*map);
}

std::vector<std::vector<Acl>> portions_of(const std::vector<Acl>& acls) {
    std::vector<std::vector<Acl>> portions;
    for (size_t from = 0; from < acls.size(); from += kMostAtOnce) {
        const size_t to = std::min(acls.size(), from + kMostAtOnce);
        portions.emplace_back(acls.begin() + static_cast<ptrdiff_t>(from),
                              acls.begin() + static_cast<ptrdiff_t>(to));
    }
    return portions;
}

}  // namespace

AclFollower::AclFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                         FollowedStore& store)
    : source_(source),
      target_(target),
      spec_(std::move(spec)),
      store_(store),
      at_source_(source),
      topics_(filter_of(spec_.topics, spec_.exclude)),
      principals_(principals_of(spec_.acls)) {
    if (!spec_.groups.empty()) {
        groups_ = filter_of(spec_.groups, spec_.exclude_groups);
    }
}

Task<Result<AclFollower::Look>> AclFollower::look(std::stop_token stop) {
    Look look;
    auto on_target = co_await client::describe_acls(target_, stop);
    // Links remember an ACL before they create it, and forget it after they have deleted it: one
    // that is seen between the two is known before or after. Brokers hear later that it is gone.
    auto created = co_await created_at_source(stop);
    auto at_source = co_await client::describe_acls(source_, stop);
    auto created_by_now = co_await created_at_source(stop);
    for (const auto* described : {&on_target, &at_source}) {
        if (described->has_error() && described->error().code == KafkaError::security_disabled) {
            look.unavailable = fmt::format("{} has no authorizer, so there are no ACLs",
                                           described == &on_target ? spec_.target : spec_.source);
            co_return look;
        }
        if (described->has_error()) {
            co_return described->error();
        }
    }
    AclScope scope{topics_, groups_ ? &*groups_ : nullptr, principals_, spec_.acls, spec_.names};
    scope.on_target.insert(on_target->begin(), on_target->end());
    std::set<Acl> brought;
    for (auto* known : {&created, &created_by_now}) {
        if (known->has_error()) {
            look.problem = fmt::format(
                "{} cannot be read on {}, so it is not known which ACLs Lockstep has created "
                "there: no ALLOW is created on {} for now ({})",
                FollowedStore::kTopic, spec_.source, spec_.target, known->error().message());
        } else {
            brought.merge(**known);
        }
    }
    scope.brought_here = brought;
    scope.brought_here.merge(brought_before_);
    brought_before_ = std::move(brought);
    compare(look, *at_source, scope);
    co_return look;
}

Task<Result<std::set<Acl>>> AclFollower::created_at_source(std::stop_token stop) {
    LS_CO_CHECK(co_await at_source_.catch_up_surely(stop));
    co_return created_acls(at_source_.entries());
}

void AclFollower::compare(Look& look, const std::vector<Acl>& at_source,
                          const AclScope& scope) const {
    WantedAcls wanted = wanted_acls(at_source, scope);
    const RememberedAcls remembered = remembered_acls(store_.entries(), owner());
    std::set<Acl> own = remembered.created;
    own.insert(remembered.left_alone.begin(), remembered.left_alone.end());
    // A DENY that was passed on when links still did so is kept as long as the source has it.
    std::set<Acl> kept = wanted.not_passed_on;
    for (const Acl& acl : own) {
        const bool is_left = remembered.left_alone.contains(acl) ||
                             wanted.left_alone.contains(acl) ||
                             principals_.is_left_alone(acl.principal);
        if (is_left && !wanted.now.contains(acl) && scope.on_target.contains(acl)) {
            kept.insert(acl);
            look.owned[acl_key(owner(), acl)] = kLeftAcl;
        } else if (wanted.now.contains(acl)) {
            look.owned[acl_key(owner(), acl)] = kCreatedAcl;
        }
    }
    look.difference = acl_difference(wanted.now, scope.on_target, own, kept);
    if (!look.problem.empty()) {
        std::erase_if(look.difference.to_create,
                      [](const Acl& acl) { return acl.permission == AclPermission::allow; });
    }
    look.overruled = std::move(wanted.overruled);
    look.on_failover = std::move(wanted.on_failover);
    std::erase_if(look.on_failover, [&](const Acl& acl) {
        return scope.on_target.contains(acl) && !own.contains(acl);
    });
}

Task<Result<void>> AclFollower::follow(Look look, std::stop_token stop) {
    last_ = std::move(look);
    refused_.clear();
    if (!last_.unavailable.empty()) {
        co_return Result<void>();
    }
    note_problem();
    const AclOwner link = owner();
    FollowedStore::Changes before = last_.owned;
    for (const Acl& acl : remembered_acls(store_.entries(), link).on_failover) {
        if (!last_.on_failover.contains(acl)) {
            before[acl_key(link, acl)] = std::nullopt;
        }
    }
    for (const Acl& acl : last_.difference.to_create) {
        before[acl_key(link, acl)] = kCreatedAcl;
    }
    for (const Acl& acl : last_.difference.to_forget) {
        before[acl_key(link, acl)] = std::nullopt;
    }
    auto remembered = co_await store_.put(std::move(before), stop);
    if (remembered.has_error()) {
        co_return std::move(remembered).error().within("remember the ACLs that are followed");
    }
    LS_CO_CHECK(co_await create(last_.difference.to_create, stop));
    LS_CO_CHECK(co_await erase(last_.difference.to_delete, stop));
    FollowedStore::Changes staged;
    const RememberedAcls remembered_now = remembered_acls(store_.entries(), link);
    for (const Acl& acl : last_.on_failover) {
        // One that the target refuses to delete stays the link's own.
        if (!remembered_now.created.contains(acl)) {
            staged[acl_key(link, acl)] = kStagedAcl;
        }
    }
    LS_CO_CHECK(co_await store_.put(std::move(staged), stop));
    co_return Result<void>();
}

Task<Result<void>> AclFollower::create(std::vector<Acl> acls, std::stop_token stop) {
    FollowedStore::Changes refused;
    for (const std::vector<Acl>& portion : portions_of(acls)) {
        auto created = co_await client::create_acls(target_, portion, stop);
        LS_CO_TRY(outcomes, std::move(created));
        for (size_t index = 0; index < portion.size(); ++index) {
            const Acl& acl = portion[index];
            if (outcomes[index].code) {
                note_refused(acl, true, outcomes[index]);
                refused[acl_key(owner(), acl)] = std::nullopt;
            } else {
                ++changes_;
                ++last_.difference.in_step;
                log::info("link {}: created on {}: {} on {}", spec_.name, spec_.target, acl.rule(),
                          acl.subject());
            }
        }
    }
    auto forgotten = co_await store_.put(std::move(refused), stop);
    co_return forgotten;
}

Task<Result<void>> AclFollower::erase(std::vector<Acl> acls, std::stop_token stop) {
    FollowedStore::Changes gone;
    for (const std::vector<Acl>& portion : portions_of(acls)) {
        auto deleted = co_await client::delete_acls(target_, portion, stop);
        LS_CO_TRY(outcomes, std::move(deleted));
        for (size_t index = 0; index < portion.size(); ++index) {
            const Acl& acl = portion[index];
            if (outcomes[index].code) {
                note_refused(acl, false, outcomes[index]);
            } else {
                ++changes_;
                gone[acl_key(owner(), acl)] = std::nullopt;
                log::info("link {}: deleted on {}: {} on {}", spec_.name, spec_.target, acl.rule(),
                          acl.subject());
            }
        }
    }
    auto forgotten = co_await store_.put(std::move(gone), stop);
    co_return forgotten;
}

void AclFollower::note_refused(const Acl& acl, bool is_wanted, const Error& error) {
    const std::string there = "there";
    refused_.push_back({acl.subject(), acl.rule(), is_wanted ? std::optional(there) : std::nullopt,
                        is_wanted ? std::nullopt : std::optional(there), error.message()});
    if (noted_.insert(acl.subject() + acl.rule() + error.message()).second) {
        log::warn("link {}: {} on {}: {}", spec_.name, acl.rule(), acl.subject(), error.message());
    }
}

void AclFollower::note_problem() {
    if (!last_.problem.empty() && noted_.insert(last_.problem).second) {
        log::warn("link {}: {}", spec_.name, last_.problem);
    }
}

void AclFollower::add_to(FollowStatus& status) const {
    status.in_step = last_.difference.in_step;
    status.changes = changes_;
    status.problem = last_.problem;
    status.drift = refused_;
    for (const Acl& acl : last_.overruled) {
        status.drift.push_back({acl.subject(), acl.rule(), "there", std::nullopt,
                                "a DENY overrules it at the source that a link has brought there, "
                                "and that does not come here"});
    }
    for (const Acl& acl : last_.on_failover) {
        status.on_failover.push_back(acl.rule() + " on " + acl.subject());
    }
    if (!last_.unavailable.empty()) {
        status.state = FollowState::unavailable;
        status.problem = last_.unavailable;
    }
}

}  // namespace lockstep::replication
