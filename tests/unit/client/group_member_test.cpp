#include "client/group_member.h"

#include "protocol/kafka_error.h"
#include "tests/unit/support/fake_coordinator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace lockstep::client {
namespace {

using protocol::KafkaError;
using std::chrono::milliseconds;
using std::chrono::seconds;

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

/// Gives each member its own metadata back, and remembers what it is told.
class Role final : public GroupRole {
public:
    Bytes join_with() override { return bytes_of(says); }
    std::map<std::string, Bytes> assign(const std::vector<Told>& members) override {
        std::map<std::string, Bytes> given;
        for (const Told& member : members) {
            given[member.member_id] = member.metadata;
        }
        return given;
    }
    void on_assigned(const Standing& standing, ByteView assignment) override {
        standings.push_back(standing);
        assigned = as_text(assignment);
    }
    void on_out() override { ++outs; }

    std::string says = "claim";
    std::string assigned;
    std::vector<Standing> standings;
    int outs = 0;
};

class GroupMemberTest : public testing::Test {
protected:
    GroupMemberTest() {
        broker_.metadata = test::metadata_of("eu", 1, {});
        const auto refreshed = test::run(loop_, cluster_.refresh_metadata(nullptr, {}));
        EXPECT_TRUE(refreshed.has_value());
    }

    ~GroupMemberTest() override { end(); }

    /// Of all members, which must be there until then.
    void end() {
        if (!std::exchange(has_ended_, true)) {
            tasks_.request_stop();
            test::run(loop_, cluster_.close());
            test::run(loop_, tasks_.join());
        }
    }

    void start(runtime::Duration duration = seconds(1)) {
        tasks_.spawn("member", member_.run(tasks_.stop_token()));
        loop_.advance(duration);
    }

    void leave() {
        tasks_.request_stop();
        tasks_.spawn("leave", member_.leave());
        test::run(loop_, member_.wait_left(loop_.now() + seconds(1)));
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker_{network_, {"eu", 1}};
    test::FakeCoordinator coordinator_{broker_};
    Cluster cluster_{runtime_, ClusterSpec{"eu", {{"eu", 1}}}, {}};
    Role role_;
    GroupMember member_{cluster_, {"fleet", "shares", seconds(6)}, role_};
    runtime::TaskGroup tasks_{loop_};
    bool has_ended_ = false;
};

TEST_F(GroupMemberTest, JoinsAtOnce_ByTheIdThatItIsGiven) {
    start(milliseconds(100));
    ASSERT_EQ(role_.standings.size(), 1U);
    EXPECT_EQ(role_.standings[0].member_id, "us");
    EXPECT_EQ(role_.standings[0].generation, 1);
    EXPECT_TRUE(role_.standings[0].is_leader);
    EXPECT_EQ(role_.assigned, "claim");
    EXPECT_TRUE(member_.is_heard());
}

TEST_F(GroupMemberTest, GetsWhatTheLeaderGivesIt) {
    coordinator_.other_assigns = [] { return bytes_of("yours"); };
    start();
    ASSERT_EQ(role_.standings.size(), 1U);
    EXPECT_FALSE(role_.standings[0].is_leader);
    EXPECT_EQ(role_.assigned, "yours");
    EXPECT_EQ(as_text(coordinator_.last_metadata), "claim");
}

TEST_F(GroupMemberTest, StaysAMember_WhileTheCoordinatorHearsOfIt) {
    start();
    loop_.advance(seconds(60));
    EXPECT_TRUE(member_.is_heard());
    EXPECT_EQ(coordinator_.joins, 1);
    EXPECT_GE(coordinator_.heartbeats, 100);
}

// All may have to join again just after the last sign of life, and who does not is left out.
TEST_F(GroupMemberTest, StopsBelieving_BeforeTheCoordinatorCanHaveLeftItOut) {
    start();
    coordinator_.is_silent = true;
    loop_.advance(seconds(2));
    EXPECT_TRUE(member_.is_heard());
    loop_.advance(milliseconds(1'300));  // three of the four seconds that it waits for joins
    EXPECT_FALSE(member_.is_heard());
}

TEST_F(GroupMemberTest, JoinsAgain_WhenAllHaveTo) {
    start();
    role_.says = "another claim";
    coordinator_.rebalance();
    loop_.advance(seconds(2));
    EXPECT_EQ(coordinator_.joins, 2);
    EXPECT_EQ(as_text(coordinator_.last_metadata), "another claim");
    EXPECT_EQ(role_.standings.back().generation, 2);
    EXPECT_EQ(role_.outs, 0);
}

TEST_F(GroupMemberTest, JoinsAgain_WhenItWantsTo) {
    start();
    member_.rejoin();
    loop_.advance(milliseconds(50));
    EXPECT_EQ(coordinator_.joins, 2);
    loop_.advance(seconds(10));
    EXPECT_EQ(coordinator_.joins, 2);
}

TEST_F(GroupMemberTest, JoinsOnceMore_WhereItWantedToWhileItJoined) {
    coordinator_.holds_joins = true;
    start();
    member_.rejoin();
    coordinator_.let_in();
    loop_.advance(seconds(1));
    EXPECT_EQ(coordinator_.joins, 2);
}

TEST_F(GroupMemberTest, IsOut_WhenTheCoordinatorHasForgottenIt) {
    start();
    coordinator_.heartbeat_error = static_cast<int16_t>(KafkaError::unknown_member_id);
    coordinator_.is_one_error = true;
    coordinator_.holds_joins = true;
    loop_.advance(milliseconds(400));
    EXPECT_EQ(role_.outs, 1);
    EXPECT_FALSE(member_.is_heard());
    coordinator_.let_in();
    loop_.advance(milliseconds(100));
    EXPECT_EQ(coordinator_.names_given, 2);  // as a new member
    EXPECT_TRUE(member_.is_heard());
}

TEST_F(GroupMemberTest, IsOut_WhereAnotherProcessHasItsName) {
    start();
    coordinator_.heartbeat_error = static_cast<int16_t>(KafkaError::illegal_generation);
    coordinator_.is_one_error = true;
    loop_.advance(seconds(2));
    EXPECT_EQ(role_.outs, 1);
    EXPECT_EQ(coordinator_.names_given, 2);
    EXPECT_TRUE(member_.is_heard());
}

TEST_F(GroupMemberTest, LooksForTheCoordinatorAgain_WhereItHangs) {
    start();
    const int looked = broker_.count(protocol::ApiKey::find_coordinator);
    coordinator_.is_silent = true;
    loop_.advance(seconds(6));  // the session
    EXPECT_EQ(broker_.count(protocol::ApiKey::find_coordinator), looked);
    coordinator_.is_silent = false;
    loop_.advance(seconds(2));
    EXPECT_EQ(broker_.count(protocol::ApiKey::find_coordinator), looked + 1);
    EXPECT_TRUE(member_.is_heard());
    EXPECT_EQ(coordinator_.names_given, 1);
}

TEST_F(GroupMemberTest, StaysTheSameMember_WhenTheConnectionIsCut) {
    start();
    broker_.hang_up();
    loop_.advance(seconds(4));
    EXPECT_TRUE(member_.is_heard());
    EXPECT_EQ(coordinator_.joins, 2);
    EXPECT_EQ(coordinator_.names_given, 1);
    EXPECT_EQ(role_.outs, 0);
}

TEST_F(GroupMemberTest, SaysWhyItIsNoMember_AndTriesAgain) {
    coordinator_.join_error = static_cast<int16_t>(KafkaError::inconsistent_group_protocol);
    start(seconds(3));
    EXPECT_NE(member_.problem().find("INCONSISTENT_GROUP_PROTOCOL"), std::string::npos);
    EXPECT_FALSE(member_.is_heard());
    coordinator_.join_error = 0;
    loop_.advance(seconds(1));
    EXPECT_EQ(member_.problem(), "");
    EXPECT_TRUE(member_.is_heard());
}

constexpr const char* kWho = "group fleet on eu: ";

/// How often the log told of the member while `action` ran, and what it said; not at debug.
template <typename Action>
std::pair<int, std::string> warnings_of(Action action) {
    testing::internal::CaptureStderr();
    action();
    const std::string text = testing::internal::GetCapturedStderr();
    int count = 0;
    for (size_t at = text.find(kWho); at != std::string::npos; at = text.find(kWho, at + 1)) {
        ++count;
    }
    return {count, text};
}

TEST_F(GroupMemberTest, WarnsOnce_OfARefusalThatLasts) {
    coordinator_.join_error = static_cast<int16_t>(KafkaError::invalid_session_timeout);
    const auto [count, text] = warnings_of([this] { start(seconds(30)); });
    EXPECT_EQ(count, 1) << text;
    EXPECT_NE(text.find("INVALID_SESSION_TIMEOUT"), std::string::npos) << text;
    EXPECT_NE(text.find("set fleet.session_timeout"), std::string::npos) << text;
    EXPECT_NE(member_.problem().find("set fleet.session_timeout"), std::string::npos);
    coordinator_.join_error = static_cast<int16_t>(KafkaError::group_max_size_reached);
    const auto another = warnings_of([this] { loop_.advance(seconds(30)); });
    EXPECT_EQ(another.first, 1) << another.second;
    EXPECT_NE(another.second.find("group.max.size"), std::string::npos) << another.second;
    coordinator_.join_error = 0;
    loop_.advance(seconds(2));
    EXPECT_EQ(member_.problem(), "");
    coordinator_.join_error = static_cast<int16_t>(KafkaError::group_max_size_reached);
    const auto again = warnings_of([this] {
        coordinator_.rebalance();
        loop_.advance(seconds(30));
    });
    EXPECT_EQ(again.first, 1) << "it was in between";
}

TEST_F(GroupMemberTest, DoesNotWarn_OfWhatHealsByItself) {
    coordinator_.join_error = static_cast<int16_t>(KafkaError::coordinator_load_in_progress);
    const auto [count, text] = warnings_of([this] { start(seconds(30)); });
    EXPECT_EQ(count, 0) << text;
    EXPECT_NE(member_.problem().find("COORDINATOR_LOAD_IN_PROGRESS"), std::string::npos);
}

TEST_F(GroupMemberTest, LeavesTheGroup_WhenStopped) {
    start();
    leave();
    EXPECT_EQ(coordinator_.leaves, 1);
    EXPECT_FALSE(member_.is_heard());
}

TEST_F(GroupMemberTest, LeavesTheGroup_AlsoWhileItsJoinIsNotAnswered) {
    coordinator_.holds_joins = true;
    start();
    leave();
    EXPECT_EQ(coordinator_.leaves, 1);
}

class KeptNames final : public MemberNames {
public:
    std::string name_in(std::string_view group) const override {
        return group == "fleet" ? name : "";
    }
    void keep(std::string_view group, std::string_view kept) override {
        EXPECT_EQ(group, "fleet");
        name = kept;
    }

    std::string name;
};

/// What the process before it was, this one is.
class RememberingMemberTest : public GroupMemberTest {
protected:
    ~RememberingMemberTest() override { end(); }

    void begin() {
        remembering_.emplace(cluster_, GroupMember::Options{"fleet", "shares", seconds(6), &names_},
                             role_);
        tasks_.spawn("remembering", remembering_->run(tasks_.stop_token()));
        loop_.advance(seconds(1));
    }

    KeptNames names_;
    std::optional<GroupMember> remembering_;
};

TEST_F(RememberingMemberTest, JoinsAsTheMemberThatDied) {
    names_.name = "us";
    begin();
    EXPECT_TRUE(remembering_->is_heard());
    EXPECT_EQ(coordinator_.names_given, 0);
    EXPECT_EQ(coordinator_.last_name, "us");
}

TEST_F(RememberingMemberTest, KeepsItsName_UntilItLeaves) {
    begin();
    EXPECT_EQ(names_.name, "us");
    tasks_.request_stop();
    tasks_.spawn("leave", remembering_->leave());
    test::run(loop_, remembering_->wait_left(loop_.now() + seconds(1)));
    EXPECT_EQ(names_.name, "");
}

TEST_F(RememberingMemberTest, JoinsAnew_WhereItIsKnownNoMore) {
    names_.name = "the dead one";
    coordinator_.forgotten_name = "the dead one";
    begin();
    EXPECT_TRUE(remembering_->is_heard());
    EXPECT_EQ(names_.name, "us");
    EXPECT_EQ(coordinator_.names_given, 1);
}

TEST_F(GroupMemberTest, KnowsWhatOthersWereGiven) {
    EXPECT_TRUE(test::run(loop_, read_assignments(cluster_, "fleet", {}))->empty());
    coordinator_.members_before = 2;
    coordinator_.assigned_before = bytes_of("theirs");
    EXPECT_THAT(*test::run(loop_, read_assignments(cluster_, "fleet", {})),
                testing::ElementsAre(bytes_of("theirs"), bytes_of("theirs")));
}

}  // namespace
}  // namespace lockstep::client
