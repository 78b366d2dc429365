// What lies around the data, where two links go both ways between the same clusters.

#include "tests/unit/replication/fake_authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

enum class First { forth, back };

/// Which of the two links looks first, after a change, is the parameter.
class BothWays : public AroundTest, public testing::WithParamInterface<First> {
protected:
    BothWays() {
        source_.metadata = test::metadata_of(
            "src", 1, {{"orders", id_of(1), {1}, 0}, {FollowedStore::kTopic, id_of(4), {1}, 0}});
        EXPECT_TRUE(test::run(loop_, from_.refresh_metadata(nullptr, {})).has_value());
        spec_.acls.is_followed = true;
        back_spec_ = spec_;
        back_spec_.name = "back";
        std::swap(back_spec_.source, back_spec_.target);
    }
    ~BothWays() override { end(); }

    /// Both have looked when it returns.
    void begin_both() {
        tasks_.emplace(loop_);
        sync_ = std::make_unique<MetadataSync>(from_, to_, spec_, [this] { return topics_; });
        back_ = std::make_unique<MetadataSync>(to_, from_, back_spec_, [this] { return topics_; });
        MetadataSync* first = GetParam() == First::forth ? sync_.get() : back_.get();
        MetadataSync* second = first == sync_.get() ? back_.get() : sync_.get();
        tasks_->spawn("first", first->run(tasks_->stop_token()));
        loop_.advance(seconds(1));
        tasks_->spawn("second", second->run(tasks_->stop_token()));
        loop_.advance(seconds(4));
    }

    /// As if the link had created it on the cluster.
    void remember(client::Cluster& cluster, const AclOwner& owner, const Acl& acl) {
        FollowedStore store(cluster);
        ASSERT_TRUE(test::run(loop_, store.catch_up({})).has_value());
        FollowedStore::Changes changes;
        changes[acl_key(owner, acl)] = kCreatedAcl;
        ASSERT_TRUE(test::run(loop_, store.put(std::move(changes), {})).has_value());
    }

    test::FakeLog source_memory_{loop_, source_, {FollowedStore::kTopic, id_of(4), {1}, 0}};
    FakeAuthorizer source_acls_{source_};
    FakeAuthorizer target_acls_{target_};
    LinkSpec back_spec_;
    std::unique_ptr<MetadataSync> back_;
};

INSTANTIATE_TEST_SUITE_P(First, BothWays, testing::Values(First::forth, First::back),
                         [](const auto& first) {
                             return first.param == First::forth ? "Forth" : "Back";
                         });

TEST_P(BothWays, CarryTheRemovalOfAConfig) {
    at_source_.set = at_target_.set = {{"retention.ms", "5"}};
    begin_both();
    at_target_.set.clear();
    loop_.advance(seconds(10));
    EXPECT_THAT(at_target_.set, IsEmpty());
    EXPECT_THAT(at_source_.set, IsEmpty());
    EXPECT_EQ(configs().state, FollowState::in_step);
    EXPECT_EQ(back_->status().configs.state, FollowState::in_step);
}

TEST_P(BothWays, CarryAChangeOfAConfig) {
    at_source_.set = at_target_.set = {{"retention.ms", "5"}};
    begin_both();
    at_target_.set = {{"retention.ms", "7"}};
    loop_.advance(seconds(10));
    EXPECT_EQ(at_source_.set.at("retention.ms"), "7");
    EXPECT_EQ(at_target_.set.at("retention.ms"), "7");
}

TEST_P(BothWays, CarryTheRevocationOfAnAcl) {
    source_acls_.acls = {allow(AclRight::read)};
    begin_both();
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read)));
    source_acls_.acls.clear();
    loop_.advance(seconds(10));
    EXPECT_THAT(source_acls_.acls, IsEmpty());
    EXPECT_THAT(target_acls_.acls, IsEmpty());
}

TEST_P(BothWays, BringNoMappedPrincipalBack) {
    spec_.acls.principals = {{"User:dev-(.*)", "User:prod-\\1"}};
    source_acls_.acls = {allow(AclRight::read, "User:dev-x")};
    begin_both();
    loop_.advance(seconds(10));
    EXPECT_THAT(target_acls_.acls, ElementsAre(allow(AclRight::read, "User:prod-x")));
    EXPECT_THAT(source_acls_.acls, ElementsAre(allow(AclRight::read, "User:dev-x")));
}

// Links once took each other's ACLs for the cluster's own: what somebody had revoked then stayed.
TEST_P(BothWays, DeleteWhatOnlyLinksHaveCreatedOnBoth) {
    source_acls_.acls = target_acls_.acls = {allow(AclRight::read)};
    remember(to_, {"src-id", "test"}, allow(AclRight::read));
    remember(from_, {"dst-id", "back"}, allow(AclRight::read));
    begin_both();
    loop_.advance(seconds(10));
    EXPECT_THAT(source_acls_.acls, IsEmpty());
    EXPECT_THAT(target_acls_.acls, IsEmpty());
}

// Nor does it go on, where a third cluster has it from; but nobody is let in by that.
TEST_P(BothWays, KeepADenyThatWasPassedOn_AsLongAsItsSourceHasIt) {
    Acl denied = allow(AclRight::read);
    denied.permission = AclPermission::deny;
    source_acls_.acls = target_acls_.acls = {denied};
    remember(to_, {"src-id", "test"}, denied);
    remember(from_, {"third-id", "other"}, denied);
    begin_both();
    EXPECT_THAT(target_acls_.acls, ElementsAre(denied));
    source_acls_.acls.clear();
    loop_.advance(seconds(10));
    EXPECT_THAT(target_acls_.acls, IsEmpty());
    EXPECT_THAT(source_acls_.acls, IsEmpty());
}

}  // namespace
}  // namespace lockstep::replication
