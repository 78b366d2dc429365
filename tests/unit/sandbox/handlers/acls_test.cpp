#include "protocol/messages/create_acls.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/metadata.h"
#include "tests/unit/sandbox/admin_fixture.h"

namespace lockstep::sandbox {

using protocol::CreateAclsRequest;
using protocol::DeleteAclsRequest;
using protocol::DescribeAclsRequest;
using protocol::KafkaError;

class AclHandlersTest : public AdminTest {
protected:
    static CreateAclsRequest::AclCreation rule(std::string name = "orders") {
        CreateAclsRequest::AclCreation asked;
        asked.resource_type = 2;
        asked.resource_name = std::move(name);
        asked.principal = "User:bob";
        asked.host = "*";
        asked.operation = 3;
        asked.permission_type = 3;
        return asked;
    }
    int16_t error_of(const CreateAclsRequest::AclCreation& asked) {
        CreateAclsRequest request;
        request.creations = {asked};
        return ask(request, 3).results.at(0).error_code;
    }
    static DescribeAclsRequest everything() {
        DescribeAclsRequest request;
        request.resource_type_filter = 1;
        request.resource_name_filter = std::nullopt;
        request.pattern_type_filter = 1;
        request.principal_filter = std::nullopt;
        request.host_filter = std::nullopt;
        request.operation = 1;
        request.permission_type = 1;
        return request;
    }
};

TEST_F(AclHandlersTest, SecurityIsDisabled_WithoutAnAuthorizer) {
    start();
    EXPECT_EQ(error_of(rule()), number_of(KafkaError::security_disabled));
    EXPECT_EQ(ask(everything(), 3).error_code, number_of(KafkaError::security_disabled));
}

TEST_F(AclHandlersTest, Rules_AreForThoseWhoMayAlterTheCluster) {
    start_guarded();
    EXPECT_EQ(error_of(rule()), number_of(KafkaError::cluster_authorization_failed));
    EXPECT_EQ(ask(everything(), 3).error_code, number_of(KafkaError::cluster_authorization_failed));
    allow(ResourceType::cluster, "kafka-cluster", AclOperation::alter);
    EXPECT_EQ(error_of(rule()), 0);
    EXPECT_EQ(ask(everything(), 3).resources.size(), 2U);
}

TEST_F(AclHandlersTest, Create_RefusesWhatIsNoRule) {
    start_guarded();
    connection_.principal = "User:admin";
    auto any_type = rule();
    any_type.resource_type = 1;
    auto match = rule();
    match.resource_pattern_type = 2;
    auto any_operation = rule();
    any_operation.operation = 1;
    auto any_permission = rule();
    any_permission.permission_type = 1;
    auto no_principal = rule();
    no_principal.principal = "bob";
    auto other_cluster = rule("mine");
    other_cluster.resource_type = 4;
    for (const auto& asked :
         {any_type, match, any_operation, any_permission, no_principal, other_cluster, rule("")}) {
        EXPECT_EQ(error_of(asked), number_of(KafkaError::invalid_request));
    }
    EXPECT_TRUE(cluster_->acls().find({}).empty());
}

TEST_F(AclHandlersTest, Create_TakesEveryResourceType) {
    start_guarded();
    connection_.principal = "User:admin";
    for (int8_t type = 2; type <= 7; ++type) {
        auto asked = rule(type == 4 ? "kafka-cluster" : "x");
        asked.resource_type = type;
        EXPECT_EQ(error_of(asked), 0);
    }
    EXPECT_EQ(cluster_->acls().find({}).size(), 6U);
}

TEST_F(AclHandlersTest, Describe_GroupsRulesByResource) {
    start_guarded();
    connection_.principal = "User:admin";
    auto writing = rule();
    writing.operation = 4;
    EXPECT_EQ(error_of(rule()), 0);
    EXPECT_EQ(error_of(writing), 0);
    EXPECT_EQ(error_of(rule("others")), 0);
    const auto answer = ask(everything(), 1);
    ASSERT_EQ(answer.resources.size(), 2U);
    EXPECT_EQ(answer.resources[0].resource_name, "orders");
    EXPECT_EQ(answer.resources[0].acls.size(), 2U);
    EXPECT_EQ(answer.resources[1].acls.at(0).principal, "User:bob");
}

TEST_F(AclHandlersTest, Delete_TellsWhatItTookAway) {
    start_guarded();
    connection_.principal = "User:admin";
    EXPECT_EQ(error_of(rule()), 0);
    EXPECT_EQ(error_of(rule("others")), 0);
    DeleteAclsRequest request;
    auto& filter = request.filters.emplace_back();
    filter.resource_type_filter = 2;
    filter.resource_name_filter = "orders";
    filter.pattern_type_filter = 2;
    filter.principal_filter = std::nullopt;
    filter.host_filter = std::nullopt;
    filter.operation = 1;
    filter.permission_type = 1;
    const auto answer = ask(request, 3);
    ASSERT_EQ(answer.filter_results.at(0).matching_acls.size(), 1U);
    EXPECT_EQ(answer.filter_results[0].matching_acls[0].resource_name, "orders");
    EXPECT_EQ(cluster_->acls().find({}).size(), 1U);
}

TEST_F(AclHandlersTest, Filter_OfUnknownParts_FindsNothing_AndDeletesNothing) {
    start_guarded();
    connection_.principal = "User:admin";
    EXPECT_EQ(error_of(rule()), 0);
    auto request = everything();
    request.operation = 99;
    EXPECT_EQ(ask(request, 3).error_code, 0);
    EXPECT_TRUE(ask(request, 3).resources.empty());
    DeleteAclsRequest deletion;
    auto& filter = deletion.filters.emplace_back();
    filter.resource_type_filter = 99;
    filter.pattern_type_filter = filter.operation = filter.permission_type = 1;
    EXPECT_EQ(ask(deletion, 3).filter_results.at(0).error_code,
              number_of(KafkaError::invalid_request));
}

TEST_F(AclHandlersTest, PartsThatAreZero_EndTheConnectionWithoutAnAnswer) {
    start_guarded();
    connection_.principal = "User:admin";
    auto request = everything();
    request.operation = 0;
    ask(request, 3);
    EXPECT_TRUE(ends_connection_);
    EXPECT_FALSE(wants_answer_);
}

TEST_F(AclHandlersTest, OlderBrokers_KnowFewerOperationsAndTypes) {
    ClusterOptions options;
    options.version = KafkaVersion::v2_8;
    options.has_authorizer = true;
    options.super_users = {"User:admin"};
    start(std::move(options));
    connection_.principal = "User:admin";
    auto asked = rule();
    asked.operation = 13;
    EXPECT_EQ(error_of(asked), number_of(KafkaError::invalid_request));
    asked.operation = 12;
    EXPECT_EQ(error_of(asked), 0);
    asked.resource_type = 7;
    EXPECT_EQ(error_of(asked), number_of(KafkaError::invalid_request));
}

TEST_F(AclHandlersTest, Metadata_TellsOperations_OnlyWhereItIsAsked) {
    start_guarded();
    cluster_->create_topic("orders", 1, 1);
    allow(ResourceType::topic, "orders", AclOperation::read);
    protocol::MetadataRequest request;
    request.topics = std::nullopt;
    EXPECT_EQ(ask(request, 9).topics.at(0).topic_authorized_operations,
              std::numeric_limits<int32_t>::min());
    request.include_topic_authorized_operations = true;
    request.include_cluster_authorized_operations = true;
    const auto answer = ask(request, 9);
    EXPECT_EQ(answer.topics.at(0).topic_authorized_operations, 1 << 3 | 1 << 8);
    EXPECT_EQ(answer.cluster_authorized_operations, 0);
}

TEST_F(AclHandlersTest, Metadata_HidesTheName_OfATopicThatWasAskedForById) {
    start_guarded();
    const Uuid id = cluster_->create_topic("orders", 1, 1).id;
    protocol::MetadataRequest request;
    request.topics->emplace_back().topic_id = id;
    request.topics->back().name = std::nullopt;
    const auto answer = ask(request, 12);
    EXPECT_EQ(answer.topics.at(0).error_code, number_of(KafkaError::topic_authorization_failed));
    EXPECT_FALSE(answer.topics[0].name.has_value());
}

TEST_F(AclHandlersTest, DescribeCluster_TellsOperations_WhereItIsAsked) {
    start();
    protocol::DescribeClusterRequest request;
    request.include_cluster_authorized_operations = true;
    EXPECT_EQ(ask(request, 0).cluster_authorized_operations,
              1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12);
}

TEST_F(AclHandlersTest, CreateTopics_HidesConfigs_FromThoseWhoMayNotDescribeThem) {
    start_guarded();
    allow(ResourceType::topic, "orders", AclOperation::create);
    protocol::CreateTopicsRequest request;
    auto& asked = request.topics.emplace_back();
    asked.name = "orders";
    asked.num_partitions = 1;
    asked.replication_factor = 1;
    const auto answer = ask(request, 7).topics.at(0);
    EXPECT_EQ(answer.error_code, 0);
    EXPECT_EQ(answer.topic_config_error_code, number_of(KafkaError::topic_authorization_failed));
    EXPECT_EQ(answer.num_partitions, -1);
}

}  // namespace lockstep::sandbox
