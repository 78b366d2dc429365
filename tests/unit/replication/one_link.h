#pragma once

#include "base/log.h"
#include "replication/link.h"
#include "tests/unit/replication/two_clusters.h"
#include "tests/unit/support/fake_coordinator.h"

#include <memory>
#include <string>
#include <utility>

namespace lockstep::replication {

/// One link between the two clusters, from start_link() until stop(), or the test's end. Who adds
/// members that a broker calls back calls stop() in the destructor, while they are there.
class OneLinkTest : public TwoClustersTest {
protected:
    OneLinkTest() { log::set_level(log::Level::off); }
    ~OneLinkTest() override {
        stop();
        log::set_level(log::Level::info);
    }

    void start_link(LinkSpec spec, FleetSpec fleet = {}, const std::string& target_host = "dst") {
        open_link(std::move(spec), std::move(fleet), target_host);
        link_->start();
    }

    /// To be started.
    void open_link(LinkSpec spec, FleetSpec fleet = {}, const std::string& target_host = "dst") {
        auto filter = TopicFilter::make(spec.topics, {});
        LinkEnvironment environment{runtime_, budget_, buffers_};
        environment.fleet = std::move(fleet);
        environment.session_partitions = session_partitions_;
        link_ = std::make_unique<Link>(
            environment,
            LinkSetup{ClusterSpec{"src", {{"src", 1}}}, ClusterSpec{"dst", {{target_host, 1}}},
                      std::move(spec), std::move(*filter), std::nullopt, std::chrono::seconds(2)});
    }

    void stop() {
        if (link_) {
            test::run(loop_, link_->stop(loop_.now() + std::chrono::seconds(3)));
            link_.reset();
        }
    }

    PartitionStatus status() const { return link_->status().partitions.at(0); }

    size_t session_partitions_ = 1000;
    MemoryBudget budget_{loop_, int64_t{64} << 20};
    BufferPool buffers_{1 << 20};
    test::FakeCoordinator target_coordinator_{target_};
    std::unique_ptr<Link> link_;
};

}  // namespace lockstep::replication
