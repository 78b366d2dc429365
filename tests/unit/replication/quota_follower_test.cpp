#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/describe_client_quotas.h"
#include "tests/unit/replication/around_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace lockstep::replication {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// The quotas of one cluster, of users, by one key.
struct FakeQuotas {
    explicit FakeQuotas(test::FakeBroker& broker) {
        using enum protocol::ApiKey;
        offer(broker, describe_client_quotas, 1);
        offer(broker, alter_client_quotas, 1);
        broker.on(describe_client_quotas, [this](const test::ReceivedRequest& r) { describe(r); });
        broker.on(alter_client_quotas, [this](const test::ReceivedRequest& r) { alter(r); });
        broker.hang_up();  // what it offers is asked for once
    }

    void describe(const test::ReceivedRequest& request) const {
        protocol::DescribeClientQuotasResponse response;
        for (const auto& [user, rate] : rates) {
            auto& entry = response.entries->emplace_back();
            auto& part = entry.entity.emplace_back();
            part.entity_type = "user";
            part.entity_name = user;
            auto& value = entry.values.emplace_back();
            value.key = "producer_byte_rate";
            value.value = rate;
        }
        request.answer(response);
    }

    void alter(const test::ReceivedRequest& request) {
        protocol::AlterClientQuotasResponse response;
        for (const auto& entry : request.as<protocol::AlterClientQuotasRequest>().entries) {
            const std::string user = *entry.entity.at(0).entity_name;
            if (entry.ops.at(0).remove) {
                rates.erase(user);
            } else {
                rates[user] = entry.ops.at(0).value;
            }
            auto& result = response.entries.emplace_back();
            auto& part = result.entity.emplace_back();
            part.entity_type = "user";
            part.entity_name = user;
        }
        request.answer(response);
    }

    std::map<std::string, double> rates;  // by user
};

class QuotaFollowerTest : public AroundTest {
protected:
    QuotaFollowerTest() { spec_.quotas = FollowRule::changes; }

    FollowStatus quotas() const { return sync_->status().quotas; }

    FakeQuotas at_source_quotas_{source_};
    FakeQuotas at_target_quotas_{target_};
};

TEST_F(QuotaFollowerTest, FollowsWhatIsSet_Changed_AndRemoved) {
    at_source_quotas_.rates = {{"alice", 5}, {"bob", 6}};
    begin();
    EXPECT_EQ(at_target_quotas_.rates, at_source_quotas_.rates);
    EXPECT_EQ(quotas().state, FollowState::in_step) << quotas().problem;
    at_source_quotas_.rates = {{"alice", 7}};
    loop_.advance(seconds(4));
    EXPECT_EQ(at_target_quotas_.rates, at_source_quotas_.rates);
}

TEST_F(QuotaFollowerTest, LeavesWhatSomeoneHasRemoved) {
    at_source_quotas_.rates = {{"alice", 5}};
    begin();
    at_target_quotas_.rates.clear();
    loop_.advance(seconds(4));
    EXPECT_THAT(at_target_quotas_.rates, IsEmpty());
    ASSERT_EQ(quotas().drift.size(), 1U);
    EXPECT_EQ(quotas().drift[0].reason, "someone has removed it on the target");
}

TEST_F(QuotaFollowerTest, LeavesAloneWhatItHasSet_OnceItsUserIsExcluded) {
    spec_.acls.principals = {{"User:dev-(.*)", "User:\\1"}};
    at_source_quotas_.rates = {{"alice", 5}, {"dev-bob", 6}};
    begin();
    end();
    spec_.acls.exclude_principals = {"User:alice", "User:dev-bob"};
    begin();
    EXPECT_THAT(at_target_quotas_.rates, ElementsAre(Pair("alice", 5), Pair("bob", 6)));
    EXPECT_EQ(quotas().state, FollowState::in_step) << quotas().problem;
    at_source_quotas_.rates.clear();
    loop_.advance(seconds(4));
    EXPECT_THAT(at_target_quotas_.rates, ElementsAre(Pair("alice", 5), Pair("bob", 6)));
}

}  // namespace
}  // namespace lockstep::replication
