#include "client/group_lease.h"

#include "protocol/kafka_error.h"
#include "tests/unit/support/fake_coordinator.h"

#include <gtest/gtest.h>

#include <optional>

namespace lockstep::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class GroupLeaseTest : public testing::Test {
protected:
    GroupLeaseTest() {
        broker_.metadata = test::metadata_of("eu", 1, {});
        const auto refreshed = test::run(loop_, cluster_.refresh_metadata(nullptr, {}));
        EXPECT_TRUE(refreshed.has_value());
        lease_.on_held([this] { ++told_; });
        tasks_.spawn("lease", lease_.run(tasks_.stop_token()));
    }

    ~GroupLeaseTest() override {
        tasks_.request_stop();
        loop_.settle();
        test::run(loop_, cluster_.close());
        test::run(loop_, tasks_.join());
    }

    void want() {
        lease_.want();
        loop_.advance(seconds(1));
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker_{network_, {"eu", 1}};
    test::FakeCoordinator coordinator_{broker_};
    Cluster cluster_{runtime_, ClusterSpec{"eu", {{"eu", 1}}}, {}};
    GroupLease lease_{cluster_, "turns"};
    int told_ = 0;
    runtime::TaskGroup tasks_{loop_};
};

TEST_F(GroupLeaseTest, JoinsNothing_UntilItIsWanted) {
    loop_.advance(seconds(30));
    EXPECT_EQ(coordinator_.joins, 0);
    EXPECT_FALSE(lease_.is_held());
}

TEST_F(GroupLeaseTest, HasTheTurn_AndKeepsIt_WhileTheCoordinatorHearsOfIt) {
    want();
    EXPECT_TRUE(lease_.is_held());
    EXPECT_EQ(told_, 1);
    loop_.advance(seconds(60));
    EXPECT_TRUE(lease_.is_held());
    EXPECT_EQ(coordinator_.joins, 1);
    EXPECT_GE(coordinator_.heartbeats, 30);
}

TEST_F(GroupLeaseTest, HasNoTurn_WhileAnotherMemberHasIt) {
    coordinator_.other_has_the_turn = true;
    want();
    loop_.advance(seconds(30));
    EXPECT_FALSE(lease_.is_held());
    EXPECT_EQ(told_, 0);
    EXPECT_EQ(coordinator_.last_metadata, "candidate");
}

TEST_F(GroupLeaseTest, StopsBelieving_BeforeTheCoordinatorGivesTheTurnAway) {
    want();
    coordinator_.is_silent = true;
    loop_.advance(seconds(2));
    EXPECT_TRUE(lease_.is_held());
    loop_.advance(GroupLease::kSession - seconds(2));  // a second before the session's end
    EXPECT_FALSE(lease_.is_held());
}

TEST_F(GroupLeaseTest, SaysThatItHasTheTurn_WhenEverybodyJoinsAnew) {
    want();
    coordinator_.heartbeat_error =
        static_cast<int16_t>(protocol::KafkaError::rebalance_in_progress);
    loop_.advance(seconds(2));
    coordinator_.heartbeat_error = 0;
    EXPECT_EQ(coordinator_.joins, 2);
    EXPECT_EQ(coordinator_.last_metadata, "holder");
    EXPECT_TRUE(lease_.is_held());
}

TEST_F(GroupLeaseTest, LosesTheTurn_WhenTheCoordinatorHasForgottenIt) {
    want();
    coordinator_.other_has_the_turn = true;
    coordinator_.heartbeat_error = static_cast<int16_t>(protocol::KafkaError::unknown_member_id);
    loop_.advance(seconds(2));
    EXPECT_FALSE(lease_.is_held());
    coordinator_.heartbeat_error = 0;
    loop_.advance(seconds(5));
    EXPECT_FALSE(lease_.is_held());
    EXPECT_EQ(coordinator_.last_metadata, "candidate");
    coordinator_.other_has_the_turn = false;
    coordinator_.heartbeat_error =
        static_cast<int16_t>(protocol::KafkaError::rebalance_in_progress);
    loop_.advance(seconds(2));
    EXPECT_TRUE(lease_.is_held());
    EXPECT_EQ(told_, 2);
}

TEST_F(GroupLeaseTest, TellsItsTurnsApart_WhereAnotherHadOneBetween) {
    EXPECT_FALSE(lease_.turn());
    want();
    const auto first = lease_.turn();
    EXPECT_TRUE(first);
    coordinator_.heartbeat_error =
        static_cast<int16_t>(protocol::KafkaError::rebalance_in_progress);
    loop_.advance(seconds(2));
    EXPECT_EQ(lease_.turn(), first);  // it has had it all the time
    coordinator_.other_has_the_turn = true;
    loop_.advance(seconds(2));
    EXPECT_FALSE(lease_.turn());
    coordinator_.other_has_the_turn = false;
    loop_.advance(seconds(2));
    EXPECT_TRUE(lease_.turn());
    EXPECT_NE(lease_.turn(), first);
}

TEST_F(GroupLeaseTest, StaysTheSameMember_WhenTheConnectionIsCut) {
    want();
    const int asked_for_a_name = coordinator_.names_given;
    broker_.hang_up();
    loop_.advance(seconds(4));
    EXPECT_TRUE(lease_.is_held());
    EXPECT_EQ(told_, 1);
    EXPECT_EQ(coordinator_.joins, 2);
    EXPECT_EQ(coordinator_.names_given, asked_for_a_name);
    EXPECT_EQ(coordinator_.last_metadata, "holder");
}

class KeptNames : public MemberNames {
public:
    std::string name_in(std::string_view group) const override {
        return group == "turns" ? name : "";
    }
    void keep(std::string_view group, std::string_view kept) override {
        EXPECT_EQ(group, "turns");
        name = kept;
    }

    std::string name;
};

/// What the process before it was, this one is.
class RememberingLeaseTest : public GroupLeaseTest {
protected:
    void begin() {
        remembering_.emplace(cluster_, "turns", &names_);
        tasks_.spawn("remembering", remembering_->run(tasks_.stop_token()));
        remembering_->want();
        loop_.advance(seconds(1));
    }

    KeptNames names_;
    std::optional<GroupLease> remembering_;
};

TEST_F(RememberingLeaseTest, JoinsAsTheMemberThatDied) {
    names_.name = "us";
    begin();
    EXPECT_TRUE(remembering_->is_held());
    EXPECT_EQ(coordinator_.names_given, 0);
    EXPECT_EQ(coordinator_.last_name, "us");
    EXPECT_EQ(coordinator_.last_metadata, "candidate");
}

TEST_F(RememberingLeaseTest, KeepsItsName_UntilItLeaves) {
    begin();
    EXPECT_EQ(coordinator_.names_given, 1);
    EXPECT_EQ(names_.name, "us");
    tasks_.request_stop();
    test::run(loop_, remembering_->wait_left(loop_.now() + seconds(1)));
    EXPECT_EQ(names_.name, "");
}

TEST_F(RememberingLeaseTest, JoinsAnew_WhereTheCoordinatorHasForgottenTheDeadOne) {
    names_.name = "former";
    coordinator_.forgotten_name = "former";
    begin();
    EXPECT_TRUE(remembering_->is_held());
    EXPECT_EQ(names_.name, "us");
}

TEST_F(RememberingLeaseTest, ForgetsItsName_WhenTheCoordinatorDoes) {
    begin();
    coordinator_.heartbeat_error = static_cast<int16_t>(protocol::KafkaError::unknown_member_id);
    loop_.advance(milliseconds(600));
    EXPECT_FALSE(remembering_->is_held());
    EXPECT_EQ(names_.name, "");
}

TEST_F(GroupLeaseTest, JoinsAtOnce_ByTheNameThatItIsGiven) {
    lease_.want();
    loop_.advance(milliseconds(100));
    EXPECT_TRUE(lease_.is_held());
}

TEST_F(GroupLeaseTest, LeavesTheGroup_WhenStopped) {
    want();
    tasks_.request_stop();
    test::run(loop_, lease_.wait_left(loop_.now() + seconds(1)));
    EXPECT_EQ(coordinator_.leaves, 1);
    EXPECT_FALSE(lease_.is_held());
}

}  // namespace
}  // namespace lockstep::client
