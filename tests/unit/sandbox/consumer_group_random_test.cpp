// Consumers that come, go, are slow and fall silent in any order: no partition is ever with two of
// them, and once it is quiet each partition is with one.

#include "protocol/messages/consumer_group_heartbeat.h"
#include "tests/unit/sandbox/group_bench.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

using namespace std::chrono_literals;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

constexpr char kGroup[] = "billing";
constexpr int kConsumers = 5;
constexpr int kSteps = 400;

/// Does what it is told, now or later, as a real one: what it is to give up it stops using before
/// it says so, and it gives up everything when it is fenced.
struct Consumer {
    std::string id;
    bool is_member = false;
    int32_t epoch = 0;
    PartitionSet owned;
    PartitionSet told;
};

class RandomGroup {
public:
    explicit RandomGroup(uint64_t seed) : random_(seed) {
        bench_.cluster.create_topic("orders", 7, 1);
        bench_.cluster.create_topic("bills", 2, 1);
        for (int i = 0; i < kConsumers; ++i) {
            consumers_.push_back({"consumer-" + std::to_string(i), false, 0, {}, {}});
        }
    }

    void run() {
        for (int step = 0; step < kSteps; ++step) {
            Consumer& one = consumers_[random_.below(kConsumers)];
            if (!one.is_member) {
                join(one);
            } else if (random_.chance(0.1)) {
                leave(one);
            } else if (random_.chance(0.3)) {
                one.owned = one.told;
            } else {
                beat(one);
            }
            expect_nothing_twice();
        }
    }

    /// All that are members live on: it takes a few heartbeats until everybody has its part.
    void settle() {
        join(consumers_.front());
        for (int round = 0; round < 20; ++round) {
            for (Consumer& one : consumers_) {
                if (one.is_member) {
                    beat(one);
                    one.owned = one.told;
                }
            }
            expect_nothing_twice();
        }
    }
    size_t owned() const {
        size_t count = 0;
        for (const Consumer& one : consumers_) {
            count += one.owned.size();
        }
        return count;
    }

private:
    ConsumerGroupHeartbeatRequest request(const Consumer& one, int32_t epoch) const {
        ConsumerGroupHeartbeatRequest request;
        request.group_id = kGroup;
        request.member_id = one.id;
        request.member_epoch = epoch;
        auto& topics = request.topic_partitions.emplace();
        for (const TopicIdPartition& partition : one.owned) {
            auto& topic = topics.emplace_back();
            topic.topic_id = partition.topic;
            topic.partitions = {partition.partition};
        }
        return request;
    }
    void join(Consumer& one) {
        if (one.is_member) {
            return;
        }
        ConsumerGroupHeartbeatRequest joining = request(one, 0);
        joining.rebalance_timeout_ms = 30'000;
        joining.subscribed_topic_names = {"orders", "bills"};
        one.is_member = true;
        hear(one, bench_.ask(kGroup, joining));
    }
    void leave(Consumer& one) {
        one.owned.clear();
        bench_.ask(kGroup, request(one, -1));
        one = {one.id, false, 0, {}, {}};
    }
    void beat(Consumer& one) { hear(one, bench_.ask(kGroup, request(one, one.epoch))); }
    void hear(Consumer& one, const ConsumerGroupHeartbeatResponse& answer) {
        ASSERT_EQ(answer.error_code, 0);
        one.epoch = answer.member_epoch;
        if (!answer.assignment) {
            return;
        }
        one.told.clear();
        for (const auto& topic : answer.assignment->topic_partitions) {
            for (const int32_t partition : topic.partitions) {
                one.told.insert({topic.topic_id, partition});
            }
        }
    }
    void expect_nothing_twice() const {
        PartitionSet seen;
        for (const Consumer& one : consumers_) {
            for (const TopicIdPartition& partition : one.owned) {
                ASSERT_TRUE(seen.insert(partition).second) << partition.partition;
            }
        }
    }

    Rng random_;
    GroupBench bench_;
    std::vector<Consumer> consumers_;
};

TEST(ConsumerGroupRandom, NoPartitionIsEverWithTwo_AndInTheEndEachIsWithOne) {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        RandomGroup group(seed);
        group.run();
        group.settle();
        ASSERT_EQ(group.owned(), 9U);
        if (::testing::Test::HasFailure()) {
            return;
        }
    }
}

}  // namespace
}  // namespace lockstep::sandbox
