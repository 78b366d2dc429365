// SCRAM users that a link keeps on its target.

#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "runtime/digest.h"
#include "tests/unit/replication/around_clusters.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr int8_t kSha256 = 1;
constexpr int8_t kSha512 = 2;
constexpr const char* kPassword = "hunter2-wonder";

/// The SCRAM users of the target, as brokers have them: one change of a user in a request.
class UserFollowerTest : public AroundTest {
protected:
    struct Stored {
        int32_t iterations = 0;
        Bytes salt;
        Bytes salted;
    };

    UserFollowerTest() {
        using enum protocol::ApiKey;
        offer(target_, describe_user_scram_credentials, 0);
        offer(target_, alter_user_scram_credentials, 0);
        target_.on(describe_user_scram_credentials,
                   [this](const test::ReceivedRequest& r) { describe(r); });
        target_.on(alter_user_scram_credentials,
                   [this](const test::ReceivedRequest& r) { alter(r); });
        target_.hang_up();  // what it offers is asked for once
        ::unsetenv(kVariable);
    }
    ~UserFollowerTest() override { ::unsetenv(kVariable); }

    void describe(const test::ReceivedRequest& request) const {
        protocol::DescribeUserScramCredentialsResponse response;
        const auto asked = request.as<protocol::DescribeUserScramCredentialsRequest>();
        EXPECT_FALSE(asked.users->empty()) << "all users are asked for";
        for (const auto& user : *asked.users) {
            auto& result = response.results.emplace_back();
            result.user = user.name;
            for (const auto& [key, stored] : users_) {
                if (key.first == user.name) {
                    auto& info = result.credential_infos.emplace_back();
                    info.mechanism = key.second;
                    info.iterations = stored.iterations;
                }
            }
            if (result.credential_infos.empty()) {
                result.error_code = static_cast<int16_t>(KafkaError::resource_not_found);
            }
        }
        request.answer(response);
    }

    void alter(const test::ReceivedRequest& request) {
        protocol::AlterUserScramCredentialsResponse response;
        const auto asked = request.as<protocol::AlterUserScramCredentialsRequest>();
        std::set<std::string> seen;
        const auto answer = [&](const std::string& user) {
            EXPECT_TRUE(seen.insert(user).second) << "two changes of " << user;
            auto& result = response.results.emplace_back();
            result.user = user;
            result.error_code = static_cast<int16_t>(refuse_with_);
            return refuse_with_ == KafkaError::none;
        };
        for (const auto& each : asked.deletions) {
            if (answer(each.name)) {
                changes_.push_back(fmt::format("-{}/{}", each.name, each.mechanism));
                users_.erase({each.name, each.mechanism});
            }
        }
        for (const auto& each : asked.upsertions) {
            if (answer(each.name)) {
                changes_.push_back(fmt::format("{}/{}", each.name, each.mechanism));
                users_[{each.name, each.mechanism}] = {each.iterations, each.salt,
                                                       each.salted_password};
            }
        }
        request.answer(response);
    }

    bool knows(const std::string& user, const std::string& password) const {
        const Stored& stored = users_.at({user, kSha512});
        return runtime::salted_password(runtime::DigestKind::sha_512, as_bytes(password),
                                        stored.salt, stored.iterations) == stored.salted;
    }

    void keep(std::vector<ScramUser> users) { spec_.users = std::move(users); }
    static ScramUser alice(std::string password = kPassword) {
        return {"alice", SaslMechanism::scram_sha_512, Secret(std::move(password)), 4096};
    }
    FollowStatus users() const { return sync_->status().users; }
    bool is_remembered(std::string_view text) const {
        return std::ranges::any_of(memory_.batches(), [&](const protocol::RecordBatchView& batch) {
            return as_text(batch.payload()).find(text) != std::string_view::npos;
        });
    }

    static constexpr const char* kVariable = "LOCKSTEP_TEST_ALICE";
    std::map<std::pair<std::string, int8_t>, Stored> users_;
    std::vector<std::string> changes_;
    KafkaError refuse_with_ = KafkaError::none;
};

TEST_F(UserFollowerTest, CreatesUsers_WithTheirSecrets) {
    ScramUser other = alice("another one");
    other.mechanism = SaslMechanism::scram_sha_256;
    other.iterations = 8192;
    keep({alice(), other});
    begin();
    EXPECT_THAT(changes_, UnorderedElementsAre("alice/2", "alice/1"));
    EXPECT_TRUE(knows("alice", kPassword));
    EXPECT_FALSE(knows("alice", "another one"));
    EXPECT_EQ((users_.at({"alice", kSha256}).iterations), 8192);
    EXPECT_EQ(users().state, FollowState::in_step) << users().problem;
    EXPECT_EQ(users().in_step, 2U);
    loop_.advance(seconds(60));
    EXPECT_EQ(changes_.size(), 2U);
}

TEST_F(UserFollowerTest, LooksAtNoUsers_WhereNoneAreNamed) {
    begin();
    EXPECT_EQ(target_.count(ApiKey::describe_user_scram_credentials), 0);
    EXPECT_EQ(users().state, FollowState::off);
}

TEST_F(UserFollowerTest, SetsThemOnceAfterARestart_ForNobodySeesTheSecretThere) {
    keep({alice()});
    begin();
    users_.at({"alice", kSha512}).salted = {1, 2, 3};  // somebody else's
    loop_.advance(seconds(30));
    EXPECT_EQ(changes_.size(), 1U);
    end();
    begin();
    EXPECT_EQ(changes_.size(), 2U);
    EXPECT_TRUE(knows("alice", kPassword));
}

TEST_F(UserFollowerTest, SetsThemAgain_WhenAVariableHasAnotherSecret) {
    ::setenv(kVariable, "first", 1);
    keep({alice("${env:LOCKSTEP_TEST_ALICE}")});
    begin();
    EXPECT_TRUE(knows("alice", "first"));
    ::setenv(kVariable, "second", 1);
    loop_.advance(seconds(4));
    EXPECT_TRUE(knows("alice", "second"));
    EXPECT_EQ(changes_.size(), 2U);
}

TEST_F(UserFollowerTest, SaysThatASecretCannotBeRead_AndKeepsTheOthers) {
    ScramUser bob = alice();
    bob.name = "bob";
    keep({alice("${env:LOCKSTEP_TEST_ALICE}"), bob});
    begin();
    EXPECT_THAT(changes_, ElementsAre("bob/2"));
    EXPECT_EQ(users().state, FollowState::drifted);
    ASSERT_EQ(users().drift.size(), 1U);
    EXPECT_EQ(users().drift[0].resource, "user alice");
    EXPECT_THAT(users().drift[0].reason, HasSubstr("LOCKSTEP_TEST_ALICE is not set"));
}

TEST_F(UserFollowerTest, CreatesAgain_WhatSomebodyHasDeleted) {
    keep({alice()});
    begin();
    users_.clear();
    loop_.advance(seconds(4));
    EXPECT_TRUE(knows("alice", kPassword));
}

TEST_F(UserFollowerTest, DeletesWhatItHasCreated_OnceItIsNotNamedAnyMore) {
    users_[{"bob", kSha512}] = {4096, {1}, {2}};
    ScramUser bob = alice();
    bob.name = "bob";
    keep({alice(), bob});
    begin();
    EXPECT_TRUE(knows("bob", kPassword));  // named, so it is set
    end();
    keep({});
    changes_.clear();
    begin();
    EXPECT_THAT(changes_, ElementsAre("-alice/2"));
    EXPECT_TRUE(users_.contains({"bob", kSha512}));
    loop_.advance(seconds(30));
    EXPECT_EQ(changes_.size(), 1U);
}

// Else it would later delete a user that somebody else made meanwhile.
TEST_F(UserFollowerTest, ForgetsWhatTheTargetRefused) {
    refuse_with_ = KafkaError::cluster_authorization_failed;
    keep({alice()});
    begin();
    EXPECT_EQ(users().state, FollowState::drifted);
    EXPECT_THAT(users().drift.at(0).reason, HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    end();
    refuse_with_ = KafkaError::none;
    users_[{"alice", kSha512}] = {4096, {1}, {2}};
    keep({});
    begin();
    EXPECT_THAT(changes_, IsEmpty());
    EXPECT_EQ(users_.size(), 1U);
}

TEST_F(UserFollowerTest, NeverLetsASecretOut) {
    keep({alice()});
    begin();
    EXPECT_TRUE(is_remembered("alice|SCRAM-SHA-512"));
    EXPECT_FALSE(is_remembered("hunter2"));
    const Stored& stored = users_.at({"alice", kSha512});
    EXPECT_FALSE(is_remembered(as_text(stored.salted)));
    refuse_with_ = KafkaError::cluster_authorization_failed;
    end();
    begin();
    for (const Drift& each : users().drift) {
        EXPECT_THAT(each.resource + each.key + each.reason + each.wanted.value_or("") +
                        each.found.value_or(""),
                    Not(HasSubstr("hunter2")));
    }
}

}  // namespace
}  // namespace lockstep::replication
