#include "app/demo_worker.h"

#include <utility>

namespace lockstep::app {
namespace {

constexpr int64_t kInFlightBytes = 8 << 20;
constexpr std::chrono::milliseconds kDiscoveryInterval{500};  // so that new topics show up at once

}  // namespace

DemoWorker::DemoWorker(runtime::Runtime& process, std::vector<ClusterSpec> clusters, LinkSpec link)
    : network_(process.network),
      runtime_{process.loop, network_, process.rng},
      clusters_(std::move(clusters)),
      link_(std::move(link)),
      tasks_(process.loop) {
    last_.name = link_.name;
    last_.source = link_.source;
    last_.target = link_.target;
}

void DemoWorker::resume() {
    is_paused_ = false;
    if (!is_switching_) {
        is_switching_ = true;
        tasks_.spawn("switch the demo's worker", follow_wishes());
    }
}

void DemoWorker::pause() {
    is_paused_ = true;
    if (!is_switching_) {
        is_switching_ = true;
        tasks_.spawn("switch the demo's worker", follow_wishes());
    }
}

/// Ending takes a while, and the wish may change meanwhile.
runtime::Task<void> DemoWorker::follow_wishes() {
    while (is_paused_ == (engine_ != nullptr)) {
        if (is_paused_) {
            last_ = status();
            co_await engine_->stop();
            last_ = status();
            engine_.reset();
        } else {
            Limits limits;
            limits.in_flight_bytes = kInFlightBytes;
            limits.discovery_interval = kDiscoveryInterval;
            engine_ = std::make_unique<replication::Engine>(
                runtime_, replication::EngineSetup{clusters_, {link_}, limits});
            engine_->start();
        }
    }
    is_switching_ = false;
}

LinkStatus DemoWorker::status() const {
    return engine_ ? engine_->status().front() : last_;
}

runtime::Task<void> DemoWorker::stop() {
    pause();
    co_await tasks_.join();
}

}  // namespace lockstep::app
