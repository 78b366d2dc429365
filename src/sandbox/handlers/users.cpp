// API        DescribeUserScramCredentials 0, AlterUserScramCredentials 0
// Behaviour  All changes of a user are made, or none; iterations are told, secrets never.
// Gaps       none

#include "sandbox/users.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "sandbox/acls.h"
#include "sandbox/handler_table.h"
#include "sandbox/verdict.h"

#include <fmt/core.h>

#include <map>
#include <set>

namespace lockstep::sandbox {

using protocol::AlterUserScramCredentialsRequest;
using protocol::AlterUserScramCredentialsResponse;
using protocol::DescribeUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsResponse;
using protocol::KafkaError;

namespace {

constexpr int32_t kFewestIterations = 4096;
constexpr int32_t kMostIterations = 16384;

/// What is wrong with the changes of each user; all users of the request are in it.
class Judge {
public:
    Judge(const Users& users, KafkaVersion version)
        : users_(users), counts_mechanisms_(version == KafkaVersion::v2_8) {}

    void look_at(const std::string& name, int8_t mechanism) {
        verdicts_.try_emplace(name);
        if (name.empty()) {
            refuse(name, KafkaError::unacceptable_credential, "The user name is empty.");
        } else if (mechanism != 1 && mechanism != 2) {
            refuse(name, KafkaError::unsupported_sasl_mechanism, "Unknown SCRAM mechanism.");
        } else if (!changed_.emplace(name, counts_mechanisms_ ? mechanism : 0).second) {
            refuse(name, KafkaError::duplicate_resource,
                   "A credential may be changed once in a request.");
        }
    }
    void look_at_deletion(const std::string& name, int8_t mechanism) {
        look_at(name, mechanism);
        if (users_.find_scram(name, static_cast<ScramMechanism>(mechanism)) == nullptr) {
            refuse(name, KafkaError::resource_not_found,
                   "There is no such credential to be deleted.");
        }
    }
    void look_at_iterations(const std::string& name, int32_t iterations) {
        if (iterations < kFewestIterations || iterations > kMostIterations) {
            refuse(name, KafkaError::unacceptable_credential,
                   fmt::format("Iterations must be from {} to {}.", kFewestIterations,
                               kMostIterations));
        }
    }
    /// The first reason is told.
    void refuse(const std::string& name, KafkaError error, std::string message) {
        Verdict& verdict = verdicts_[name];
        if (!verdict.is_refused()) {
            verdict = {error, std::move(message)};
        }
    }

    const std::map<std::string, Verdict>& verdicts() const { return verdicts_; }
    bool lets(const std::string& name) const { return !verdicts_.at(name).is_refused(); }

private:
    const Users& users_;
    /// Brokers with ZooKeeper take one change of each mechanism, later ones one of each user.
    const bool counts_mechanisms_;
    std::map<std::string, Verdict> verdicts_;
    std::set<std::pair<std::string, int8_t>> changed_;
};

/// Brokers with ZooKeeper say "" where nothing is wrong, and nothing where nobody may know.
std::optional<std::string> told_by(KafkaVersion version, const Verdict& verdict, bool is_allowed) {
    if (version != KafkaVersion::v2_8) {
        return verdict.told();
    }
    return is_allowed ? std::optional(verdict.told().value_or("")) : std::nullopt;
}

AlterUserScramCredentialsResponse alter_user_scram_credentials(
    Call& call, const AlterUserScramCredentialsRequest& request) {
    Users& users = call.cluster.users();
    Judge judge(users, call.cluster.options().version);
    for (const auto& asked : request.deletions) {
        judge.look_at_deletion(asked.name, asked.mechanism);
    }
    for (const auto& asked : request.upsertions) {
        judge.look_at(asked.name, asked.mechanism);
        judge.look_at_iterations(asked.name, asked.iterations);
    }
    const bool is_allowed = call.cluster.acls().allows(call, AclOperation::alter,
                                                       ResourceType::cluster, kClusterResource);
    const Verdict unauthorized{KafkaError::cluster_authorization_failed,
                               "Cluster authorization failed."};
    AlterUserScramCredentialsResponse response;
    for (const auto& [name, judged] : judge.verdicts()) {
        const Verdict& verdict = is_allowed ? judged : unauthorized;
        auto& answer = response.results.emplace_back();
        answer.user = name;
        answer.error_code = code(verdict.error);
        answer.error_message = told_by(call.cluster.options().version, verdict, is_allowed);
    }
    if (!is_allowed) {
        return response;
    }
    for (const auto& asked : request.deletions) {
        if (judge.lets(asked.name)) {
            users.remove_scram(asked.name, static_cast<ScramMechanism>(asked.mechanism));
        }
    }
    for (const auto& asked : request.upsertions) {
        if (judge.lets(asked.name)) {
            const auto mechanism = static_cast<ScramMechanism>(asked.mechanism);
            users.set_scram(
                asked.name, mechanism,
                make_credential(mechanism, asked.salt, asked.iterations, asked.salted_password));
        }
    }
    return response;
}

DescribeUserScramCredentialsResponse describe_user_scram_credentials(
    Call& call, const DescribeUserScramCredentialsRequest& request) {
    DescribeUserScramCredentialsResponse response;
    if (!call.cluster.acls().allows(call, AclOperation::describe, ResourceType::cluster,
                                    kClusterResource)) {
        response.error_code = code(KafkaError::cluster_authorization_failed);
        response.error_message = std::nullopt;
        if (call.cluster.options().version != KafkaVersion::v2_8) {  // an entry for nobody
            auto& answer = response.results.emplace_back();
            answer.error_code = response.error_code;
            answer.error_message = std::nullopt;
        }
        return response;
    }
    const auto& present = call.cluster.users().all_scram();
    std::map<std::string, int> asked;  // and how often
    if (request.users && !request.users->empty()) {
        for (const auto& user : *request.users) {
            ++asked[user.name];
        }
    } else {
        for (const auto& [name, credentials] : present) {
            asked[name] = 1;
        }
    }
    for (const auto& [name, times] : asked) {
        auto& answer = response.results.emplace_back();
        answer.user = name;
        const auto found = present.find(name);
        if (times > 1) {
            answer.error_code = code(KafkaError::duplicate_resource);
            answer.error_message = fmt::format("The user {} is there more than once.", name);
        } else if (found == present.end()) {
            answer.error_code = code(KafkaError::resource_not_found);
            answer.error_message = fmt::format("The user {} has no SCRAM credential.", name);
        } else {
            for (const auto& [mechanism, credential] : found->second) {
                auto& told = answer.credential_infos.emplace_back();
                told.mechanism = static_cast<int8_t>(mechanism);
                told.iterations = credential.iterations;
            }
        }
    }
    return response;
}

}  // namespace

void add_user_handlers(HandlerTable& table) {
    table.add(alter_user_scram_credentials);
    table.add(describe_user_scram_credentials);
}

}  // namespace lockstep::sandbox
