#include "sim/worker.h"

namespace lockstep::sim {

Worker::Worker(World& world, Internet& internet, std::string name, const WorkerSetup& setup)
    : world_(world),
      internet_(internet),
      node_(world.add_node(std::move(name))),
      network_(internet, node_),
      rng_(world.rng().next()),
      runtime_{node_, network_, rng_},
      engine_(runtime_, {setup.clusters, setup.links, setup.limits}),
      tasks_(node_) {
    engine_.start();
}

Worker::~Worker() = default;

void Worker::kill(Internet::Sent sent) {
    internet_.sever(node_.name(), sent);
    node_.resume();
    stop();
}

void Worker::stop() {
    if (!is_ending_) {
        is_ending_ = true;
        tasks_.spawn("end", end());
    }
}

runtime::Task<void> Worker::end() {
    co_await engine_.stop();
    is_over_ = true;
}

}  // namespace lockstep::sim
