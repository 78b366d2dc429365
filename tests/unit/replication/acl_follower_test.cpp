#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "tests/unit/replication/around_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using std::chrono::seconds;
using test::ReceivedRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The authorizer of one cluster.
struct FakeAuthorizer {
    explicit FakeAuthorizer(test::FakeBroker& broker) {
        broker.on(ApiKey::describe_acls, [this](const ReceivedRequest& r) { describe(r); });
        broker.on(ApiKey::create_acls, [this](const ReceivedRequest& r) { create(r); });
        broker.on(ApiKey::delete_acls, [this](const ReceivedRequest& r) { erase(r); });
    }

    void describe(const ReceivedRequest& request) const {
        protocol::DescribeAclsResponse response;
        response.error_code = error_code;
        for (const Acl& acl : acls) {
            auto& resource = response.resources.emplace_back();
            resource.resource_type = static_cast<int8_t>(acl.resource);
            resource.pattern_type = static_cast<int8_t>(acl.pattern);
            resource.resource_name = acl.name;
            auto& description = resource.acls.emplace_back();
            description.principal = acl.principal;
            description.host = acl.host;
            description.operation = static_cast<int8_t>(acl.right);
            description.permission_type = static_cast<int8_t>(acl.permission);
        }
        request.answer(response);
    }

    void create(const ReceivedRequest& request) {
        ++creations;
        protocol::CreateAclsResponse response;
        for (const auto& entry : request.as<protocol::CreateAclsRequest>().creations) {
            response.results.emplace_back().error_code = create_error;
            if (create_error == 0) {
                acls.insert({AclResource(entry.resource_type),
                             AclPattern(entry.resource_pattern_type), entry.resource_name,
                             entry.principal, entry.host, AclRight(entry.operation),
                             AclPermission(entry.permission_type)});
            }
        }
        if (!is_mute) {
            request.answer(response);
        }
    }

    void erase(const ReceivedRequest& request) {
        protocol::DeleteAclsResponse response;
        for (const auto& filter : request.as<protocol::DeleteAclsRequest>().filters) {
            response.filter_results.emplace_back();
            acls.erase({AclResource(filter.resource_type_filter),
                        AclPattern(filter.pattern_type_filter), *filter.resource_name_filter,
                        *filter.principal_filter, *filter.host_filter, AclRight(filter.operation),
                        AclPermission(filter.permission_type)});
        }
        request.answer(response);
    }

    std::set<Acl> acls;
    int16_t error_code = 0;
    int16_t create_error = 0;
    bool is_mute = false;  // does what it is asked for, and does not say so
    int creations = 0;
};

Acl allow(AclRight right, std::string principal = "User:alice") {
    return {AclResource::topic,  AclPattern::literal, "orders", std::move(principal), "*", right,
            AclPermission::allow};
}

class AclFollowerTest : public AroundTest {
protected:
    AclFollowerTest() { spec_.acls.is_followed = true; }

    FakeAuthorizer source_acls_{source_};
    FakeAuthorizer target_acls_{target_};
};

TEST_F(AclFollowerTest, CreatesAndDeletes_ButOnlyItsOwn) {
    const Acl theirs = allow(AclRight::describe, "User:boss");
    source_acls_.acls = {allow(AclRight::read), allow(AclRight::write), theirs};
    target_acls_.acls = {theirs};
    begin();
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read), theirs));
    EXPECT_EQ(acls().state, FollowState::in_step);
    EXPECT_EQ(acls().in_step, 2U);
    EXPECT_THAT(acls().on_failover, ElementsAre("ALLOW User:alice from * WRITE on TOPIC orders"));
    source_acls_.acls.clear();
    loop_.advance(seconds(4));
    EXPECT_THAT(target_acls_.acls, ElementsAre(theirs));
    EXPECT_THAT(acls().on_failover, IsEmpty());
}

TEST_F(AclFollowerTest, KnowsItsOwn_AfterARestart) {
    source_acls_.acls = {allow(AclRight::read)};
    begin();
    end();
    source_acls_.acls.clear();
    begin();
    EXPECT_THAT(target_acls_.acls, IsEmpty());
}

// It was created, and the worker ended before it heard of that.
TEST_F(AclFollowerTest, KnowsItsOwn_WhenItDidNotHearThatItWasCreated) {
    source_acls_.acls = {allow(AclRight::read)};
    target_acls_.is_mute = true;
    begin();
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read)));
    target_.hang_up();
    end();
    source_acls_.acls.clear();
    begin();
    loop_.advance(seconds(10));
    EXPECT_THAT(target_acls_.acls, IsEmpty());
}

TEST_F(AclFollowerTest, IsUnavailable_WithoutAnAuthorizer) {
    for (FakeAuthorizer* side : {&source_acls_, &target_acls_}) {
        side->acls = {allow(AclRight::read)};
    }
    source_acls_.error_code = static_cast<int16_t>(KafkaError::security_disabled);
    begin();
    EXPECT_EQ(acls().state, FollowState::unavailable);
    EXPECT_THAT(acls().problem, HasSubstr("src has no authorizer"));
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read)));
}

TEST_F(AclFollowerTest, ShowsWhatTheTargetRefuses_AndDoesNotTakeItForItsOwn) {
    source_acls_.acls = {allow(AclRight::read)};
    target_acls_.create_error = static_cast<int16_t>(KafkaError::invalid_request);
    begin();
    EXPECT_EQ(acls().state, FollowState::drifted);
    ASSERT_EQ(acls().drift.size(), 1U);
    EXPECT_EQ(acls().drift[0].resource, "TOPIC orders");
    EXPECT_EQ(acls().drift[0].key, "ALLOW User:alice from * READ");
    target_acls_.acls = {allow(AclRight::read)};  // someone else was luckier
    loop_.advance(seconds(4));
    source_acls_.acls.clear();
    loop_.advance(seconds(4));
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read)));
}

TEST_F(AclFollowerTest, IsOff_UnlessAskedFor) {
    spec_.acls.is_followed = false;
    source_acls_.acls = {allow(AclRight::read)};
    begin();
    EXPECT_EQ(acls().state, FollowState::off);
    EXPECT_THAT(target_acls_.acls, IsEmpty());
}

}  // namespace
}  // namespace lockstep::replication
