#include "tests/unit/replication/fake_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

// What was deleted at the source is deleted all the same, and what is denied there is denied.
TEST_F(AclFollowerTest, AllowsNothingMore_WhereItIsHiddenWhatLinksHaveCreatedAtTheSource) {
    source_acls_.acls = {allow(AclRight::read)};
    begin();
    absent_topics_are_ = KafkaError::topic_authorization_failed;
    Acl denied = allow(AclRight::alter);
    denied.permission = AclPermission::deny;
    source_acls_.acls = {allow(AclRight::describe), denied};
    loop_.advance(seconds(4));
    EXPECT_THAT(target_acls_.acls, ElementsAre(denied));
    EXPECT_EQ(acls().state, FollowState::failing);
    EXPECT_THAT(acls().problem, HasSubstr("__lockstep_followed cannot be read on src"));
    EXPECT_THAT(acls().problem, HasSubstr("TOPIC_AUTHORIZATION_FAILED"));
    absent_topics_are_ = KafkaError::unknown_topic_or_partition;
    loop_.advance(seconds(4));
    EXPECT_EQ(target_acls_.acls, source_acls_.acls);
    EXPECT_EQ(acls().state, FollowState::in_step);
}

TEST_F(AclFollowerTest, LeavesAloneWhatItHasCreated_OnceItsPrincipalIsExcluded) {
    source_acls_.acls = {allow(AclRight::read)};
    begin();
    end();
    spec_.acls.exclude_principals = {"User:alice"};
    begin();
    source_acls_.acls.clear();
    loop_.advance(seconds(4));
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read)));
    EXPECT_EQ(acls().state, FollowState::in_step);
}

TEST_F(AclFollowerTest, LeavesAloneWhatItHasCreated_ForAPrincipalThatIsMapped) {
    spec_.acls.principals = {{"User:dev-(.*)", "User:\\1"}};
    source_acls_.acls = {allow(AclRight::read, "User:dev-alice")};
    begin();
    end();
    spec_.acls.exclude_principals = {"User:dev-.*"};
    begin();
    end();
    source_acls_.acls.clear();
    begin();
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read)));
}

TEST_F(AclFollowerTest, DeletesItsOwnAgain_OnceItsPrincipalIsNotExcludedAnyMore) {
    source_acls_.acls = {allow(AclRight::read)};
    begin();
    end();
    spec_.acls.exclude_principals = {"User:alice"};
    begin();
    end();
    spec_.acls.exclude_principals = {};
    begin();
    source_acls_.acls.clear();
    loop_.advance(seconds(4));
    EXPECT_THAT(target_acls_.acls, IsEmpty());
}

TEST_F(AclFollowerTest, LetsNothingWait_ThatTheTargetHas) {
    source_acls_.acls = {allow(AclRight::write), allow(AclRight::alter)};
    target_acls_.acls = {allow(AclRight::write)};
    begin();
    EXPECT_THAT(acls().on_failover, ElementsAre("ALLOW User:alice from * ALTER on TOPIC orders"));
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::write)));
}

TEST_F(AclFollowerTest, ShowsWhatADenyOverrulesThatIsNotPassedOn) {
    Acl denied = allow(AclRight::read);
    denied.permission = AclPermission::deny;
    test::FakeLog memory(loop_, source_, {FollowedStore::kTopic, id_of(4), {1}, 0});
    source_.metadata = test::metadata_of(
        "src", 1, {{"orders", id_of(1), {1}, 0}, {FollowedStore::kTopic, id_of(4), {1}, 0}});
    FollowedStore of_others(from_);
    ASSERT_TRUE(test::run(loop_, of_others.catch_up({})).has_value());
    FollowedStore::Changes brought;
    brought[acl_key({"third-id", "other"}, denied)] = kCreatedAcl;
    ASSERT_TRUE(test::run(loop_, of_others.put(std::move(brought), {})).has_value());
    source_acls_.acls = {denied, allow(AclRight::read)};
    begin();
    EXPECT_THAT(target_acls_.acls, IsEmpty());
    ASSERT_EQ(acls().drift.size(), 1U);
    EXPECT_EQ(acls().drift[0].key, "ALLOW User:alice from * READ");
    end();
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
