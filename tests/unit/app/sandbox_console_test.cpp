#include "app/sandbox_console.h"

#include "protocol/record_batch_builder.h"
#include "runtime/asio_loop.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using sandbox::ClusterOptions;
using sandbox::ServedCluster;

/// Clusters of two brokers that listen, and nobody who comes.
class SandboxConsoleTest : public testing::Test {
protected:
    ~SandboxConsoleTest() override {
        tasks_.spawn("stop", stop());
        loop_.run();
    }

    void start(int clusters) {
        for (int number = 1; number <= clusters; ++number) {
            ClusterOptions options;
            options.name = fmt::format("cluster-{}", number);
            options.brokers = 2;
            clusters_.push_back(std::make_unique<ServedCluster>(loop_, rng_, options));
            const auto started = clusters_.back()->start(
                [this](const sandbox::Broker&) { return network_.listen("127.0.0.1", 0); });
            ASSERT_FALSE(started.has_error());
        }
    }
    sandbox::Cluster& cluster(size_t index = 0) { return clusters_[index]->cluster(); }
    sandbox::Topic& topic(const std::string& cleanup_policy = "delete") {
        sandbox::Topic& created = cluster().create_topic("orders", {{BrokerId(1), BrokerId(2)}});
        created.config["cleanup.policy"] = cleanup_policy;
        cluster().apply_config(created);
        return created;
    }
    sandbox::Partition& partition() { return *cluster().find_partition("orders", 0); }
    void append(const std::string& key) {
        protocol::RecordBatchBuilder builder({});
        builder.add(cluster().now_ms(), {.key = as_bytes(key), .value = as_bytes("value")});
        partition().log.append(*builder.build(), {}, cluster().now_ms(), 9);
    }
    std::string answer(std::string_view line) { return console_.answer(line); }

    runtime::AsioLoop loop_;
    runtime::AsioNetwork network_{loop_};
    Rng rng_{1};
    SandboxConsole::Clusters clusters_;
    SandboxConsole console_{clusters_};

private:
    runtime::Task<void> stop() {
        for (const auto& cluster : clusters_) {
            co_await cluster->stop();
        }
        loop_.finish();
    }

    runtime::TaskGroup tasks_{loop_};
};

TEST_F(SandboxConsoleTest, BrokersDieAndComeBack) {
    start(1);
    topic();
    EXPECT_EQ(answer("kill 1"), "broker 1 of cluster-1 is killed");
    EXPECT_FALSE(clusters_[0]->is_up(BrokerId(1)));
    EXPECT_EQ(partition().leader, BrokerId(2));
    EXPECT_EQ(answer("kill 1"), "error: broker 1 of cluster-1 is down already; up: 2");
    EXPECT_EQ(answer("restart 2"), "error: broker 2 of cluster-1 is up; down: 1");
    EXPECT_EQ(answer("restart 1"), "broker 1 of cluster-1 is back");
    EXPECT_TRUE(clusters_[0]->is_up(BrokerId(1)));
    EXPECT_EQ(answer("restart 1"), "error: broker 1 of cluster-1 is up; down: none");
    EXPECT_EQ(answer("kill 3"), "error: cluster-1 has no broker 3; it has 1 to 2");
}

TEST_F(SandboxConsoleTest, TopicsAreCompacted_WhereTheyMayBe) {
    start(1);
    EXPECT_EQ(answer("compact orders"),
              "error: cluster-1 has no topic \"orders\"; its topics: none");
    sandbox::Topic& orders = topic();
    append("a");
    append("a");
    EXPECT_EQ(answer("compact orders"),
              "error: orders of cluster-1 has cleanup.policy=delete; topics with compact: none");
    EXPECT_EQ(partition().log.end_offset(), Offset(2));
    orders.config["cleanup.policy"] = "compact,delete";
    cluster().apply_config(orders);
    const size_t before = partition().log.size_bytes();
    EXPECT_EQ(
        answer("compact orders"),
        fmt::format("orders of cluster-1 is compacted: {} bytes of {} stay", before / 2, before));
    EXPECT_EQ(partition().log.size_bytes(), before / 2);
}

TEST_F(SandboxConsoleTest, ElectionsAreUnclean_WhereNobodyInSyncIsUp) {
    start(1);
    topic();
    append("a");
    EXPECT_EQ(answer("elect orders/7"),
              "error: orders of cluster-1 has no partition 7; it has 0 to 0");
    EXPECT_EQ(answer("elect orders/0"),
              "error: orders/0 of cluster-1 has a leader, broker 1; only where no replica in sync "
              "is up is there anything to elect");
    answer("kill 2");
    append("b");
    append("c");
    answer("kill 1");
    EXPECT_EQ(answer("elect orders/0"),
              "error: no replica of orders/0 of cluster-1 is up; restart one of 1, 2");
    answer("restart 2");
    EXPECT_EQ(partition().leader, kNoBroker);
    EXPECT_EQ(answer("elect orders/0"),
              "broker 2 leads orders/0 of cluster-1, which ends at 1 now: 2 offsets are lost");
    EXPECT_EQ(partition().leader, BrokerId(2));
    EXPECT_EQ(partition().log.end_offset(), Offset(1));
}

TEST_F(SandboxConsoleTest, OneOfSeveralClusters_IsNamed) {
    start(2);
    EXPECT_EQ(answer("kill 1"),
              "error: which cluster? Write: kill BROKER [CLUSTER], with one of "
              "cluster-1, cluster-2");
    EXPECT_EQ(answer("kill 1 cluster-3"),
              "error: there is no cluster \"cluster-3\"; there are cluster-1, cluster-2");
    EXPECT_EQ(answer("kill 1 cluster-2"), "broker 1 of cluster-2 is killed");
    EXPECT_TRUE(clusters_[0]->is_up(BrokerId(1)));
    EXPECT_FALSE(clusters_[1]->is_up(BrokerId(1)));
}

TEST_F(SandboxConsoleTest, EmptyLinesAreNotAnswered) {
    EXPECT_EQ(answer(""), "");
    EXPECT_EQ(answer(" \r"), "");
    EXPECT_EQ(answer("help"), sandbox_help());
}

}  // namespace
}  // namespace lockstep::app
