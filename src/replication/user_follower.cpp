#include "replication/user_follower.h"

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "replication/followed_record.h"
#include "runtime/secret_source.h"

#include <fmt/core.h>

#include <utility>

namespace lockstep::replication {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr std::string_view kCreated = "created";
constexpr std::string_view kFound = "found";
constexpr size_t kKeyParts = 5;

std::optional<Credential> credential_of(const std::string& key) {
    const std::vector<std::string> parts = split_parts(key);
    if (parts.size() != kKeyParts) {
        return std::nullopt;
    }
    for (const SaslMechanism mechanism :
         {SaslMechanism::scram_sha_256, SaslMechanism::scram_sha_512}) {
        if (parts[4] == to_string(mechanism)) {
            return Credential{parts[3], mechanism};
        }
    }
    return std::nullopt;
}

}  // namespace

UserFollower::UserFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                           FollowedStore& store)
    : source_(source), target_(target), spec_(std::move(spec)), store_(store) {
    for (const ScramUser& user : spec_.users.value_or(std::vector<ScramUser>())) {
        wanted_.emplace(Credential{user.name, user.mechanism}, user);
    }
}

std::string UserFollower::key_prefix() const {
    return join_parts({source_.metadata().cluster_id(), spec_.name, "user", ""});
}

std::string UserFollower::key_of(const Credential& credential) const {
    return key_prefix() +
           join_parts({credential.user, std::string(to_string(credential.mechanism))});
}

/// Keys of mechanisms that this Lockstep does not know are left alone.
std::map<Credential, bool> UserFollower::remembered() const {
    std::map<Credential, bool> is_created;
    const std::string prefix = key_prefix();
    for (auto entry = store_.entries().lower_bound(prefix);
         entry != store_.entries().end() && entry->first.starts_with(prefix); ++entry) {
        if (const auto credential = credential_of(entry->first)) {
            is_created[*credential] = entry->second == kCreated;
        }
    }
    return is_created;
}

void UserFollower::read_secrets() {
    secrets_.clear();
    unread_.clear();
    for (const auto& [credential, user] : wanted_) {
        auto secret = runtime::resolve_references(user.password.reveal());
        if (secret.has_error()) {
            unread_[credential] = secret.error().message();
        } else if (secret->empty()) {
            unread_[credential] = "its password is empty";
        } else {
            secrets_[credential] = Secret(std::move(*secret));
        }
    }
}

Task<Result<UserDifference>> UserFollower::look(std::stop_token stop) {
    read_secrets();
    UserSides sides;
    sides.is_created = remembered();
    std::vector<std::string> names;
    for (const auto& [credential, user] : wanted_) {
        sides.wanted[credential] = user.iterations;
        names.push_back(credential.user);
        const auto secret = secrets_.find(credential);
        const auto before = set_.find(credential);
        if (secret != secrets_.end() && before != set_.end() && secret->second == before->second) {
            sides.set_before.insert(credential);
        }
    }
    for (const auto& [credential, is_created] : sides.is_created) {
        names.push_back(credential.user);
    }
    auto described = co_await client::describe_scram_users(target_, std::move(names), stop);
    LS_CO_TRY(found, std::move(described));
    sides.found = std::move(found);
    co_return user_difference(sides);
}

Task<Result<void>> UserFollower::follow(UserDifference look, std::stop_token stop) {
    in_step_ = look.in_step;
    refused_.clear();
    auto remembered = co_await store_.put(to_remember(look), stop);
    if (remembered.has_error()) {
        co_return std::move(remembered).error().within("remember the users that are kept");
    }
    auto created = co_await set(look.create, "created", stop);
    LS_CO_TRY(refused, std::move(created));
    FollowedStore::Changes not_ours;  // whoever creates them now
    for (const Credential& credential : refused) {
        not_ours[key_of(credential)] = std::nullopt;
    }
    LS_CO_CHECK(co_await store_.put(std::move(not_ours), stop));
    LS_CO_CHECK(co_await set(look.change, "changed", stop));
    LS_CO_CHECK(co_await set(look.set_again, "set", stop));
    LS_CO_CHECK(co_await erase(look.remove, stop));
    co_return Result<void>();
}

/// Before it is done: what was created is known as such even if this process ends meanwhile.
FollowedStore::Changes UserFollower::to_remember(const UserDifference& look) const {
    FollowedStore::Changes changes;
    const std::map<Credential, bool> known = remembered();
    for (const Credential& credential : look.create) {
        if (secrets_.contains(credential)) {
            changes[key_of(credential)] = kCreated;
        }
    }
    for (const auto* there : {&look.change, &look.set_again}) {
        for (const Credential& credential : *there) {
            if (!known.contains(credential)) {
                changes[key_of(credential)] = kFound;
            }
        }
    }
    for (const Credential& credential : look.forget) {
        changes[key_of(credential)] = std::nullopt;
    }
    return changes;
}

Task<Result<std::vector<Credential>>> UserFollower::set(std::vector<Credential> credentials,
                                                        const char* what, std::stop_token stop) {
    std::vector<Credential> refused;
    std::vector<client::ScramChange> changes;
    for (const Credential& credential : credentials) {
        if (const auto unread = unread_.find(credential); unread != unread_.end()) {
            note_refused(credential, true, unread->second);
        } else {
            changes.push_back(
                {credential, false, secrets_.at(credential), wanted(credential).iterations});
        }
    }
    if (changes.empty()) {
        co_return refused;
    }
    auto altered = co_await client::alter_scram_users(target_, changes, stop);
    LS_CO_TRY(outcomes, std::move(altered));
    for (size_t index = 0; index < changes.size(); ++index) {
        const Credential& credential = changes[index].credential;
        if (outcomes[index].code) {
            note_refused(credential, true, outcomes[index].message());
            refused.push_back(credential);
            continue;
        }
        set_[credential] = changes[index].password;
        ++changes_;
        ++in_step_;
        log::info("link {}: {} on {}: {}", spec_.name, words_of(credential), spec_.target, what);
    }
    co_return refused;
}

Task<Result<void>> UserFollower::erase(std::vector<Credential> credentials, std::stop_token stop) {
    if (credentials.empty()) {
        co_return Result<void>();
    }
    std::vector<client::ScramChange> changes;
    for (const Credential& credential : credentials) {
        changes.push_back({.credential = credential, .is_deleted = true});
    }
    auto altered = co_await client::alter_scram_users(target_, changes, stop);
    LS_CO_TRY(outcomes, std::move(altered));
    FollowedStore::Changes gone;
    for (size_t index = 0; index < changes.size(); ++index) {
        const Credential& credential = changes[index].credential;
        if (outcomes[index].code && outcomes[index].code != KafkaError::resource_not_found) {
            note_refused(credential, false, outcomes[index].message());
            continue;
        }
        ++changes_;
        gone[key_of(credential)] = std::nullopt;
        log::info("link {}: {} on {}: deleted", spec_.name, words_of(credential), spec_.target);
    }
    auto forgotten = co_await store_.put(std::move(gone), stop);
    co_return forgotten;
}

void UserFollower::note_refused(const Credential& credential, bool is_wanted,
                                const std::string& why) {
    const std::string there = "there";
    refused_.push_back({"user " + credential.user, std::string(to_string(credential.mechanism)),
                        is_wanted ? std::optional(there) : std::nullopt,
                        is_wanted ? std::nullopt : std::optional(there), why});
    if (noted_.insert(words_of(credential) + why).second) {
        log::warn("link {}: {}: {}", spec_.name, words_of(credential), why);
    }
}

void UserFollower::add_to(FollowStatus& status) const {
    status.in_step = in_step_;
    status.changes = changes_;
    status.drift = refused_;
}

}  // namespace lockstep::replication
