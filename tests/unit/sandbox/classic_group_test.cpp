#include "sandbox/classic_group.h"

#include "protocol/messages/delete_groups.h"
#include "protocol/messages/list_groups.h"
#include "tests/unit/sandbox/group_bench.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

using namespace std::chrono_literals;
using protocol::DescribeGroupsRequest;
using protocol::HeartbeatRequest;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::KafkaError;
using protocol::LeaveGroupRequest;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

constexpr char kGroup[] = "billing";
constexpr int16_t kBeforeKnownIds = 3;

JoinGroupRequest joining(const std::string& member_id = "", const std::string& protocol = "range") {
    JoinGroupRequest request;
    request.group_id = kGroup;
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 60'000;
    request.member_id = member_id;
    request.protocol_type = "lockstep";
    request.protocols.emplace_back().name = protocol;
    request.protocols.back().metadata = {1, 2};
    return request;
}

JoinGroupRequest joining_static(const std::string& instance, const std::string& member_id = "") {
    JoinGroupRequest request = joining(member_id);
    request.group_instance_id = instance;
    return request;
}

SyncGroupRequest syncing(const JoinGroupResponse& joined) {
    SyncGroupRequest request;
    request.group_id = kGroup;
    request.generation_id = joined.generation_id;
    request.member_id = joined.member_id;
    request.protocol_type = "lockstep";
    request.protocol_name = joined.protocol_name;
    return request;
}

/// The leader gives each member its own id as what it has to do.
SyncGroupRequest leading(const JoinGroupResponse& joined) {
    SyncGroupRequest request = syncing(joined);
    for (const auto& member : joined.members) {
        auto& given = request.assignments.emplace_back();
        given.member_id = member.member_id;
        given.assignment.assign(member.member_id.begin(), member.member_id.end());
    }
    return request;
}

HeartbeatRequest beating(const JoinGroupResponse& joined) {
    HeartbeatRequest request;
    request.group_id = kGroup;
    request.generation_id = joined.generation_id;
    request.member_id = joined.member_id;
    return request;
}

LeaveGroupRequest leaving(const std::string& member_id) {
    LeaveGroupRequest request;
    request.group_id = kGroup;
    request.members.emplace_back().member_id = member_id;
    return request;
}

class ClassicGroupTest : public ::testing::Test {
protected:
    /// A new member that is alone, until it has its assignment.
    JoinGroupResponse found_group() {
        const auto joined = bench.ask(kGroup, joining(), kBeforeKnownIds);
        EXPECT_EQ(joined.error_code, 0);
        EXPECT_EQ(bench.ask(kGroup, leading(joined)).error_code, 0);
        return joined;
    }
    /// The state of two members after the second has joined; the first one leads.
    struct Pair {
        JoinGroupResponse leader;
        JoinGroupResponse follower;
    };
    Pair pair() {
        const auto first = found_group();
        const auto second = bench.begin(kGroup, joining(), kBeforeKnownIds);
        const auto again = bench.begin(kGroup, joining(first.member_id));
        bench.loop.settle();
        return {again->answer.value(), second->answer.value()};
    }
    Pair stable_pair() {
        const Pair both = pair();
        const auto follower = bench.begin(kGroup, syncing(both.follower));
        EXPECT_EQ(bench.ask(kGroup, leading(both.leader)).error_code, 0);
        bench.loop.settle();
        EXPECT_TRUE(follower->answer.has_value());
        return both;
    }
    KafkaError beat(const JoinGroupResponse& joined) {
        return static_cast<KafkaError>(bench.ask(kGroup, beating(joined)).error_code);
    }
    std::string state() {
        DescribeGroupsRequest request;
        request.groups = {kGroup};
        return bench.ask(kGroup, request, 5).groups.at(0).group_state;
    }

    GroupBench bench;
};

TEST_F(ClassicGroupTest, AnOldClientJoinsAtOnce_ANewOneNeedsItsIdFirst) {
    const auto refused = bench.ask(kGroup, joining());
    EXPECT_EQ(refused.error_code, code(KafkaError::member_id_required));
    ASSERT_FALSE(refused.member_id.empty());
    const auto joined = bench.ask(kGroup, joining(refused.member_id));
    EXPECT_EQ(joined.error_code, 0);
    EXPECT_EQ(joined.generation_id, 1);
    EXPECT_EQ(joined.leader, refused.member_id);
    EXPECT_EQ(joined.protocol_type, "lockstep");
    EXPECT_EQ(joined.protocol_name, "range");
    EXPECT_EQ(joined.members.size(), 1U);
}

TEST_F(ClassicGroupTest, AnIdThatNobodyJoinsWith_IsForgottenAfterTheSessionTimeout) {
    const auto named = bench.ask(kGroup, joining());
    bench.loop.advance(11s);
    EXPECT_EQ(bench.ask(kGroup, joining(named.member_id)).error_code,
              code(KafkaError::unknown_member_id));
}

TEST_F(ClassicGroupTest, TwoMembersShareAGeneration_AndTheLeaderKnowsBoth) {
    const Pair both = pair();
    EXPECT_EQ(both.leader.generation_id, 2);
    EXPECT_EQ(both.follower.generation_id, 2);
    EXPECT_EQ(both.follower.leader, both.leader.member_id);
    EXPECT_EQ(both.leader.members.size(), 2U);
    EXPECT_TRUE(both.follower.members.empty());
    EXPECT_EQ(state(), "CompletingRebalance");
}

TEST_F(ClassicGroupTest, AMemberGetsWhatTheLeaderGivesIt) {
    const Pair both = pair();
    const auto follower = bench.begin(kGroup, syncing(both.follower));
    EXPECT_FALSE(follower->answer.has_value());
    const auto leader = bench.ask(kGroup, leading(both.leader));
    bench.loop.settle();
    ASSERT_TRUE(follower->answer.has_value());
    EXPECT_EQ(as_text(follower->answer->assignment), both.follower.member_id);
    EXPECT_EQ(as_text(leader.assignment), both.leader.member_id);
    EXPECT_EQ(state(), "Stable");
}

TEST_F(ClassicGroupTest, ANewcomerMakesMembersJoinAgain) {
    const auto first = found_group();
    const auto second = bench.begin(kGroup, joining(), kBeforeKnownIds);
    EXPECT_FALSE(second->answer.has_value());
    EXPECT_EQ(state(), "PreparingRebalance");
    EXPECT_EQ(beat(first), KafkaError::rebalance_in_progress);
    bench.begin(kGroup, joining(first.member_id));
    bench.loop.settle();
    EXPECT_TRUE(second->answer.has_value());
}

TEST_F(ClassicGroupTest, WhoDoesNotJoinAgainInTime_IsOut) {
    const auto first = found_group();
    const auto second = bench.begin(kGroup, joining(), kBeforeKnownIds);
    // It lives, but does not join.
    for (int i = 0; i < 13 && !second->answer; ++i) {
        beat(first);
        bench.loop.advance(5s);
    }
    ASSERT_TRUE(second->answer.has_value());
    EXPECT_EQ(second->answer->members.size(), 1U);
    EXPECT_EQ(beat(first), KafkaError::unknown_member_id);
}

TEST_F(ClassicGroupTest, ASilentMemberIsOut_AndTheOthersRebalance) {
    const Pair both = stable_pair();
    for (int i = 0; i < 3; ++i) {
        bench.loop.advance(4s);
        beat(both.leader);
    }
    EXPECT_EQ(beat(both.leader), KafkaError::rebalance_in_progress);
    EXPECT_EQ(beat(both.follower), KafkaError::unknown_member_id);
    const auto again = bench.ask(kGroup, joining(both.leader.member_id));
    EXPECT_EQ(again.generation_id, 3);
    EXPECT_EQ(again.members.size(), 1U);
}

TEST_F(ClassicGroupTest, HeartbeatsKeepAMemberForEver) {
    const auto joined = found_group();
    for (int i = 0; i < 100; ++i) {
        bench.loop.advance(9s);
        ASSERT_EQ(beat(joined), KafkaError::none);
    }
}

TEST_F(ClassicGroupTest, AnOldGenerationIsRefused) {
    Pair both = stable_pair();
    both.follower.generation_id = 1;
    EXPECT_EQ(beat(both.follower), KafkaError::illegal_generation);
    EXPECT_EQ(bench.ask(kGroup, syncing(both.follower)).error_code,
              code(KafkaError::illegal_generation));
}

TEST_F(ClassicGroupTest, WhoLeavesMakesTheOthersJoinAgain) {
    const Pair both = stable_pair();
    const auto left = bench.ask(kGroup, leaving(both.follower.member_id));
    EXPECT_EQ(left.members.at(0).error_code, 0);
    EXPECT_EQ(beat(both.leader), KafkaError::rebalance_in_progress);
}

TEST_F(ClassicGroupTest, TheLastOneToLeaveEmptiesTheGroup) {
    const auto joined = found_group();
    bench.ask(kGroup, leaving(joined.member_id));
    EXPECT_EQ(state(), "Empty");
    EXPECT_EQ(beat(joined), KafkaError::unknown_member_id);
    EXPECT_EQ(bench.ask(kGroup, leaving("nobody")).members.at(0).error_code,
              code(KafkaError::unknown_member_id));
}

TEST_F(ClassicGroupTest, OldClientsLeaveOneByOne) {
    const auto joined = found_group();
    LeaveGroupRequest request;
    request.group_id = kGroup;
    request.member_id = joined.member_id;
    EXPECT_EQ(bench.ask(kGroup, request, 2).error_code, 0);
    EXPECT_EQ(bench.ask(kGroup, request, 0).error_code, code(KafkaError::unknown_member_id));
}

TEST_F(ClassicGroupTest, OldestClientsHaveTheirSessionToJoinAgain) {
    const auto first = bench.ask(kGroup, joining(), 0);
    bench.ask(kGroup, leading(first));
    const auto second = bench.begin(kGroup, joining(), 0);
    beat(first);
    bench.loop.advance(5s);
    beat(first);
    bench.loop.advance(6s);  // alive, but too late: version 0 knows no rebalance timeout
    ASSERT_TRUE(second->answer.has_value());
    EXPECT_EQ(second->answer->members.size(), 1U);
}

TEST_F(ClassicGroupTest, TheFollowersWait_EndsWhenTheLeaderDies) {
    const Pair both = pair();
    const auto follower = bench.begin(kGroup, syncing(both.follower));
    bench.loop.advance(11s);
    ASSERT_TRUE(follower->answer.has_value());
    EXPECT_EQ(follower->answer->error_code, code(KafkaError::rebalance_in_progress));
}

TEST_F(ClassicGroupTest, SyncNeedsItsProtocol_FromVersion5On) {
    SyncGroupRequest request = leading(found_group());
    request.protocol_name.reset();
    EXPECT_EQ(bench.ask(kGroup, request, 5).error_code,
              code(KafkaError::inconsistent_group_protocol));
    EXPECT_EQ(bench.ask(kGroup, request, 4).error_code, 0);
}

TEST_F(ClassicGroupTest, WhoJoinsButDoesNotSync_IsOutAfterTheRebalanceTimeout) {
    const Pair both = pair();
    bench.begin(kGroup, leading(both.leader));
    for (int i = 0; i < 13; ++i) {
        bench.loop.advance(5s);
        beat(both.follower);
        beat(both.leader);
    }
    EXPECT_EQ(beat(both.follower), KafkaError::unknown_member_id);
    EXPECT_EQ(beat(both.leader), KafkaError::rebalance_in_progress);
}

TEST_F(ClassicGroupTest, MembersHaveOneTypeAndACommonProtocol) {
    const auto first = found_group();
    JoinGroupRequest other = joining();
    other.protocol_type = "connect";
    EXPECT_EQ(bench.ask(kGroup, other, kBeforeKnownIds).error_code,
              code(KafkaError::inconsistent_group_protocol));
    EXPECT_EQ(bench.ask(kGroup, joining("", "sticky"), kBeforeKnownIds).error_code,
              code(KafkaError::inconsistent_group_protocol));
    JoinGroupRequest both = joining("", "sticky");
    both.protocols.emplace_back().name = "range";
    const auto joined = bench.begin(kGroup, both, kBeforeKnownIds);
    bench.begin(kGroup, joining(first.member_id));
    bench.loop.settle();
    EXPECT_EQ(joined->answer.value().protocol_name, "range");
}

TEST_F(ClassicGroupTest, AJoinThatIsRepeatedGetsTheSameAnswer) {
    const Pair both = stable_pair();
    const auto again = bench.ask(kGroup, joining(both.follower.member_id));
    EXPECT_EQ(again.generation_id, both.follower.generation_id);
    EXPECT_EQ(state(), "Stable");
}

TEST_F(ClassicGroupTest, TheLeaderJoinsAgainToHaveARebalance) {
    const Pair both = stable_pair();
    bench.begin(kGroup, joining(both.leader.member_id));
    EXPECT_EQ(state(), "PreparingRebalance");
    EXPECT_EQ(beat(both.follower), KafkaError::rebalance_in_progress);
}

TEST_F(ClassicGroupTest, SessionTimeoutsHaveBounds_AndGroupsNames) {
    JoinGroupRequest request = joining();
    request.session_timeout_ms = 5'999;
    EXPECT_EQ(bench.ask(kGroup, request).error_code, code(KafkaError::invalid_session_timeout));
    request = joining();
    request.group_id = "";
    EXPECT_EQ(bench.ask("", request).error_code, code(KafkaError::invalid_group_id));
}

TEST_F(ClassicGroupTest, NobodyJoinsAGroupThatIsNotThere_WithAnOldId) {
    EXPECT_EQ(bench.ask(kGroup, joining("old")).error_code, code(KafkaError::unknown_member_id));
    EXPECT_EQ(bench.cluster.groups().find(kGroup), nullptr);
}

TEST_F(ClassicGroupTest, AStaticMemberComesBackWithoutARebalance) {
    const auto first = bench.ask(kGroup, joining_static("node-1"));
    ASSERT_EQ(first.error_code, 0);
    bench.ask(kGroup, leading(first));
    const auto second = bench.ask(kGroup, joining_static("node-1"));
    EXPECT_EQ(second.error_code, 0);
    EXPECT_EQ(second.generation_id, first.generation_id);
    EXPECT_NE(second.member_id, first.member_id);
    EXPECT_TRUE(second.skip_assignment);
    EXPECT_EQ(state(), "Stable");
    const auto synced = bench.ask(kGroup, syncing(second));
    EXPECT_EQ(as_text(synced.assignment), first.member_id);
    HeartbeatRequest old = beating(first);
    old.group_instance_id = "node-1";
    EXPECT_EQ(bench.ask(kGroup, old).error_code, code(KafkaError::fenced_instance_id));
}

TEST_F(ClassicGroupTest, AnOldClientThatComesBackIsToldThatItDoesNotLead) {
    const auto first = bench.ask(kGroup, joining_static("node-1"));
    bench.ask(kGroup, leading(first));
    const auto second = bench.ask(kGroup, joining_static("node-1"), 8);
    EXPECT_EQ(second.leader, first.member_id);
    EXPECT_TRUE(second.members.empty());
}

TEST_F(ClassicGroupTest, AStaticMemberMayBeAwayForItsSession) {
    const auto first = bench.ask(kGroup, joining_static("node-1"));
    bench.ask(kGroup, leading(first));
    bench.loop.advance(9s);
    EXPECT_EQ(state(), "Stable");
    bench.loop.advance(2s);
    EXPECT_EQ(state(), "Empty");
}

TEST_F(ClassicGroupTest, AnOperatorTakesAStaticMemberOutByItsInstance) {
    const auto first = bench.ask(kGroup, joining_static("node-1"));
    bench.ask(kGroup, leading(first));
    LeaveGroupRequest request = leaving("");
    request.members.at(0).group_instance_id = "node-1";
    request.members.push_back(request.members.front());
    const auto left = bench.ask(kGroup, request);
    EXPECT_EQ(left.members.at(0).error_code, 0);
    EXPECT_EQ(left.members.at(1).error_code, code(KafkaError::unknown_member_id));
    EXPECT_EQ(state(), "Empty");
}

TEST_F(ClassicGroupTest, DescribeTellsMembersAndWhatTheyDo) {
    const auto joined = found_group();
    DescribeGroupsRequest request;
    request.groups = {kGroup, "nobody"};
    request.include_authorized_operations = true;
    const auto answer = bench.ask(kGroup, request);
    const auto& group = answer.groups.at(0);
    EXPECT_EQ(group.protocol_type, "lockstep");
    EXPECT_EQ(group.protocol_data, "range");
    EXPECT_EQ(group.members.at(0).member_id, joined.member_id);
    EXPECT_EQ(group.members.at(0).member_metadata, (Bytes{1, 2}));
    EXPECT_EQ(as_text(group.members.at(0).member_assignment), joined.member_id);
    EXPECT_EQ(group.authorized_operations, (1 << 3) | (1 << 6) | (1 << 8));
    EXPECT_EQ(answer.groups.at(1).error_code, code(KafkaError::group_id_not_found));
    EXPECT_EQ(answer.groups.at(1).group_state, "Dead");
    EXPECT_EQ(bench.ask(kGroup, request, 5).groups.at(1).error_code, 0);
}

TEST_F(ClassicGroupTest, ListsByStateAndType) {
    found_group();
    protocol::ListGroupsRequest request;
    EXPECT_EQ(bench.ask(kGroup, request).groups.at(0).group_type, "classic");
    request.states_filter = {"stable"};
    request.types_filter = {"Classic"};
    EXPECT_EQ(bench.ask(kGroup, request).groups.size(), 1U);
    request.states_filter = {"Empty"};
    EXPECT_TRUE(bench.ask(kGroup, request).groups.empty());
    request.states_filter.clear();
    request.types_filter = {"consumer"};
    EXPECT_TRUE(bench.ask(kGroup, request).groups.empty());
}

TEST_F(ClassicGroupTest, OnlyAnEmptyGroupIsDeleted) {
    const auto joined = found_group();
    protocol::DeleteGroupsRequest request;
    request.groups_names = {kGroup, "nobody"};
    const auto refused = bench.ask(kGroup, request);
    EXPECT_EQ(refused.results.at(0).error_code, code(KafkaError::non_empty_group));
    EXPECT_EQ(refused.results.at(1).error_code, code(KafkaError::group_id_not_found));
    bench.ask(kGroup, leaving(joined.member_id));
    EXPECT_EQ(bench.ask(kGroup, request).results.at(0).error_code, 0);
    EXPECT_EQ(bench.cluster.groups().find(kGroup), nullptr);
}

TEST(ClassicGroupDelay, WaitsForMoreMembers_BeforeTheFirstGeneration) {
    ClusterOptions options;
    options.broker_config["group.initial.rebalance.delay.ms"] = "3000";
    GroupBench bench(options);
    const auto first = bench.begin(kGroup, joining(), kBeforeKnownIds);
    bench.loop.advance(2s);
    const auto second = bench.begin(kGroup, joining(), kBeforeKnownIds);
    bench.loop.advance(2s);
    EXPECT_FALSE(first->answer.has_value());
    bench.loop.advance(3s);
    EXPECT_EQ(first->answer.value().generation_id, 1);
    EXPECT_EQ(second->answer.value().generation_id, 1);
}

class MovedGroupTest : public ::testing::Test {
protected:
    static ClusterOptions three_brokers() {
        ClusterOptions options;
        options.brokers = 3;
        return options;
    }
    GroupBench bench{three_brokers()};
};

TEST_F(MovedGroupTest, OnlyTheCoordinatorAnswers) {
    const BrokerId coordinator = bench.cluster.coordinator_of(kGroup);
    const BrokerId other(coordinator.value() % 3 + 1);
    EXPECT_EQ(bench.ask_broker(other, joining()).error_code, code(KafkaError::not_coordinator));
    bench.ask(kGroup, joining(), kBeforeKnownIds);
    EXPECT_TRUE(bench.ask_broker(other, protocol::ListGroupsRequest()).groups.empty());
    EXPECT_EQ(bench.ask(kGroup, protocol::ListGroupsRequest()).groups.size(), 1U);
}

TEST_F(MovedGroupTest, MembersGoOnAtTheNextCoordinator_WithTheirTimeAnew) {
    const auto joined = bench.ask(kGroup, joining(), kBeforeKnownIds);
    bench.ask(kGroup, leading(joined));
    bench.loop.advance(9s);
    bench.cluster.set_broker_up(bench.cluster.coordinator_of(kGroup), false);
    bench.loop.advance(9s);
    EXPECT_EQ(bench.ask(kGroup, beating(joined)).error_code, 0);
}

TEST_F(MovedGroupTest, WhoWaitsIsToldThatTheCoordinatorHasMoved) {
    const auto joined = bench.ask(kGroup, joining(), kBeforeKnownIds);
    bench.ask(kGroup, leading(joined));
    const auto waiting = bench.begin(kGroup, joining(), kBeforeKnownIds);
    bench.cluster.set_broker_up(bench.cluster.coordinator_of(kGroup), false);
    bench.loop.settle();
    ASSERT_TRUE(waiting->answer.has_value());
    EXPECT_EQ(waiting->answer->error_code, code(KafkaError::not_coordinator));
}

TEST_F(MovedGroupTest, NobodyIsOutWhileThereIsNoCoordinator) {
    const auto joined = bench.ask(kGroup, joining(), kBeforeKnownIds);
    bench.ask(kGroup, leading(joined));
    for (int32_t id = 1; id <= 3; ++id) {
        bench.cluster.set_broker_up(BrokerId(id), false);
    }
    bench.loop.advance(1h);
    bench.cluster.set_broker_up(BrokerId(2), true);
    bench.loop.advance(9s);
    EXPECT_EQ(bench.ask(kGroup, beating(joined)).error_code, 0);
    bench.loop.advance(11s);
    EXPECT_EQ(bench.ask(kGroup, beating(joined)).error_code, code(KafkaError::unknown_member_id));
}

TEST_F(MovedGroupTest, ARebalanceGoesOnAtTheNextCoordinator) {
    const auto first = bench.ask(kGroup, joining(), kBeforeKnownIds);
    bench.ask(kGroup, leading(first));
    bench.begin(kGroup, joining(), kBeforeKnownIds);
    bench.cluster.set_broker_up(bench.cluster.coordinator_of(kGroup), false);
    EXPECT_EQ(bench.ask(kGroup, beating(first)).error_code,
              code(KafkaError::rebalance_in_progress));
    const auto again = bench.begin(kGroup, joining(first.member_id));
    // The newcomer has lost its id with its answer, and its session ends.
    bench.loop.advance(61s);
    ASSERT_TRUE(again->answer.has_value());
    EXPECT_EQ(again->answer->generation_id, 2);
    EXPECT_EQ(again->answer->members.size(), 1U);
}

TEST(ClassicGroupEnd, WhoWaitsIsReleased_WhenItsBrokerEnds) {
    GroupBench bench;
    const auto joined = bench.ask(kGroup, joining(), kBeforeKnownIds);
    bench.ask(kGroup, leading(joined));
    const auto waiting = bench.begin(kGroup, joining(), kBeforeKnownIds);
    bench.stop.request_stop();
    bench.loop.settle();
    EXPECT_EQ(waiting->answer.value().error_code, code(KafkaError::not_coordinator));
}

}  // namespace
}  // namespace lockstep::sandbox
