#include "sandbox/users.h"

#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/describe_user_scram_credentials.h"
#include "tests/unit/sandbox/admin_fixture.h"

namespace lockstep::sandbox {

using protocol::AlterUserScramCredentialsRequest;
using protocol::DescribeUserScramCredentialsRequest;
using protocol::KafkaError;

class UsersTest : public AdminTest {
protected:
    static void set(AlterUserScramCredentialsRequest& request, const std::string& user,
                    int8_t mechanism = 1, int32_t iterations = 4096) {
        auto& asked = request.upsertions.emplace_back();
        asked.name = user;
        asked.mechanism = mechanism;
        asked.iterations = iterations;
        asked.salt = {1, 2, 3};
        asked.salted_password = Bytes(32, 9);
    }
    static void erase(AlterUserScramCredentialsRequest& request, const std::string& user,
                      int8_t mechanism = 1) {
        auto& asked = request.deletions.emplace_back();
        asked.name = user;
        asked.mechanism = mechanism;
    }
    int16_t error_of(const AlterUserScramCredentialsRequest& request) {
        const auto answer = ask(request, 0);
        EXPECT_EQ(answer.results.size(), 1U);
        return answer.results.at(0).error_code;
    }
    int16_t set_one(const std::string& user, int8_t mechanism = 1, int32_t iterations = 4096) {
        AlterUserScramCredentialsRequest request;
        set(request, user, mechanism, iterations);
        return error_of(request);
    }
};

TEST_F(UsersTest, Credentials_AreToldWithoutSecrets) {
    start();
    EXPECT_EQ(set_one("alice", 1, 5000), 0);
    EXPECT_EQ(set_one("alice", 2, 8192), 0);
    EXPECT_EQ(set_one("bob"), 0);
    const auto answer = ask(DescribeUserScramCredentialsRequest{}, 0);
    ASSERT_EQ(answer.results.size(), 2U);
    EXPECT_EQ(answer.results[0].user, "alice");
    ASSERT_EQ(answer.results[0].credential_infos.size(), 2U);
    EXPECT_EQ(answer.results[0].credential_infos[1].mechanism, 2);
    EXPECT_EQ(answer.results[0].credential_infos[1].iterations, 8192);
}

TEST_F(UsersTest, Alter_RefusesBadCredentials) {
    start();
    EXPECT_EQ(set_one(""), number_of(KafkaError::unacceptable_credential));
    EXPECT_EQ(set_one("a", 3), number_of(KafkaError::unsupported_sasl_mechanism));
    EXPECT_EQ(set_one("a", 1, 4095), number_of(KafkaError::unacceptable_credential));
    EXPECT_EQ(set_one("a", 1, 16385), number_of(KafkaError::unacceptable_credential));
    EXPECT_EQ(set_one("a", 1, 16384), 0);
    AlterUserScramCredentialsRequest nobody;
    erase(nobody, "nobody");
    EXPECT_EQ(error_of(nobody), number_of(KafkaError::resource_not_found));
    EXPECT_EQ(cluster_->users().all_scram().size(), 1U);
}

TEST_F(UsersTest, Deletion_LeavesTheOtherMechanism) {
    start();
    EXPECT_EQ(set_one("alice", 1), 0);
    EXPECT_EQ(set_one("alice", 2), 0);
    AlterUserScramCredentialsRequest request;
    erase(request, "alice", 1);
    EXPECT_EQ(error_of(request), 0);
    EXPECT_EQ(cluster_->users().find_scram("alice", ScramMechanism::sha_256), nullptr);
    EXPECT_NE(cluster_->users().find_scram("alice", ScramMechanism::sha_512), nullptr);
}

TEST_F(UsersTest, UserThatIsChangedTwice_IsNotChanged) {
    start();
    EXPECT_EQ(set_one("alice"), 0);
    AlterUserScramCredentialsRequest request;
    erase(request, "alice");
    set(request, "alice", 2);
    EXPECT_EQ(error_of(request), number_of(KafkaError::duplicate_resource));
    EXPECT_NE(cluster_->users().find_scram("alice", ScramMechanism::sha_256), nullptr);
    EXPECT_EQ(cluster_->users().find_scram("alice", ScramMechanism::sha_512), nullptr);
}

TEST_F(UsersTest, WithZooKeeper_EachMechanismMayBeChangedOnce) {
    ClusterOptions options;
    options.version = KafkaVersion::v2_8;
    start(options);
    AlterUserScramCredentialsRequest request;
    set(request, "alice", 1);
    set(request, "alice", 2);
    EXPECT_EQ(error_of(request), 0);
    set(request, "alice", 2);
    EXPECT_EQ(error_of(request), number_of(KafkaError::duplicate_resource));
}

TEST_F(UsersTest, Describe_RefusesUnknownAndRepeatedUsers) {
    start();
    EXPECT_EQ(set_one("alice"), 0);
    DescribeUserScramCredentialsRequest request;
    for (const char* name : {"alice", "alice", "nobody"}) {
        request.users->emplace_back().name = name;
    }
    const auto answer = ask(request, 0);
    ASSERT_EQ(answer.results.size(), 2U);
    EXPECT_EQ(answer.results[0].error_code, number_of(KafkaError::duplicate_resource));
    EXPECT_EQ(answer.results[1].error_code, number_of(KafkaError::resource_not_found));
}

TEST_F(UsersTest, Rights_AreAskedFor) {
    start_guarded();
    EXPECT_EQ(set_one("alice"), number_of(KafkaError::cluster_authorization_failed));
    EXPECT_TRUE(cluster_->users().all_scram().empty());
    EXPECT_EQ(ask(DescribeUserScramCredentialsRequest{}, 0).error_code,
              number_of(KafkaError::cluster_authorization_failed));
}

}  // namespace lockstep::sandbox
