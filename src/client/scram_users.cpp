#include "client/scram_users.h"

#include "client/answered_error.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "runtime/digest.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>

namespace lockstep::client {

using protocol::AlterUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsRequest;
using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr size_t kSaltBytes = 24;
constexpr int8_t kSha256 = 1;
constexpr int8_t kSha512 = 2;

int8_t number_of(SaslMechanism mechanism) {
    return mechanism == SaslMechanism::scram_sha_256 ? kSha256 : kSha512;
}

std::optional<SaslMechanism> mechanism_of(int8_t number) {
    switch (number) {
        case kSha256: return SaslMechanism::scram_sha_256;
        case kSha512: return SaslMechanism::scram_sha_512;
        default: return std::nullopt;
    }
}

void add_to(AlterUserScramCredentialsRequest& request, const ScramChange& change) {
    const SaslMechanism mechanism = change.credential.mechanism;
    if (change.is_deleted) {
        auto& entry = request.deletions.emplace_back();
        entry.name = change.credential.user;
        entry.mechanism = number_of(mechanism);
        return;
    }
    const auto kind = mechanism == SaslMechanism::scram_sha_256 ? runtime::DigestKind::sha_256
                                                                : runtime::DigestKind::sha_512;
    auto& entry = request.upsertions.emplace_back();
    entry.name = change.credential.user;
    entry.mechanism = number_of(mechanism);
    entry.iterations = change.iterations;
    entry.salt = runtime::secure_random(kSaltBytes);
    entry.salted_password = runtime::salted_password(kind, as_bytes(change.password.reveal()),
                                                     entry.salt, change.iterations);
}

/// By user: how it went.
Task<Result<std::map<std::string, Error>>> send(Cluster& cluster,
                                                AlterUserScramCredentialsRequest request,
                                                std::stop_token stop) {
    auto called = co_await cluster.call_controller(request, stop);
    LS_CO_TRY(answer, std::move(called));
    std::map<std::string, Error> by_user;
    for (const auto& result : answer.message.results) {
        by_user[result.user] =
            answered_error(result.error_code, result.error_message,
                           fmt::format("change the user {} on {}", result.user, cluster.name()));
    }
    co_return by_user;
}

}  // namespace

Task<Result<std::map<ScramCredential, int>>> describe_scram_users(Cluster& cluster,
                                                                  std::vector<std::string> users,
                                                                  std::stop_token stop) {
    std::map<ScramCredential, int> found;
    const std::set<std::string> names(users.begin(), users.end());
    if (names.empty()) {
        co_return found;  // an empty list would stand for all
    }
    DescribeUserScramCredentialsRequest request;
    for (const std::string& name : names) {
        request.users->emplace_back().name = name;
    }
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    const std::string what = "list the SCRAM users of " + cluster.name();
    if (answer.message.error_code != 0) {
        co_return answered_error(answer.message.error_code, answer.message.error_message, what);
    }
    for (const auto& result : answer.message.results) {
        if (result.error_code == static_cast<int16_t>(KafkaError::resource_not_found)) {
            continue;
        }
        if (result.error_code != 0) {
            co_return answered_error(result.error_code, result.error_message, what);
        }
        for (const auto& info : result.credential_infos) {
            if (const auto mechanism = mechanism_of(info.mechanism)) {
                found[{result.user, *mechanism}] = info.iterations;
            }
        }
    }
    co_return found;
}

Task<Result<std::vector<Error>>> alter_scram_users(Cluster& cluster,
                                                   std::vector<ScramChange> changes,
                                                   std::stop_token stop) {
    std::vector<Error> outcomes(changes.size());
    std::vector<bool> is_sent(changes.size());
    // Brokers take one change of a user in a request.
    while (std::ranges::find(is_sent, false) != is_sent.end()) {
        AlterUserScramCredentialsRequest request;
        std::map<std::string, size_t> asked;
        for (size_t index = 0; index < changes.size(); ++index) {
            const std::string& user = changes[index].credential.user;
            if (!is_sent[index] && asked.try_emplace(user, index).second) {
                is_sent[index] = true;
                add_to(request, changes[index]);
            }
        }
        auto sent = co_await send(cluster, std::move(request), stop);
        LS_CO_TRY(by_user, std::move(sent));
        for (const auto& [user, index] : asked) {
            const auto found = by_user.find(user);
            outcomes[index] =
                found != by_user.end()
                    ? found->second
                    : Error(Errc::malformed, fmt::format("the user {} on {} was not answered", user,
                                                         cluster.name()));
        }
    }
    co_return outcomes;
}

}  // namespace lockstep::client
