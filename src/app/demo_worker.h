#pragma once

#include "app/demo_network.h"
#include "replication/engine.h"
#include "runtime/task_group.h"

#include <memory>
#include <string>

namespace lockstep::app {

/// One Lockstep as it runs in production, with one link, within the demo's process: its network can
/// be cut, and it can be stopped and started again. A replication's links run as in several
/// processes with the same configuration. Lives on one loop; `co_await stop()` before it is
/// destroyed.
class DemoWorker {
public:
    /// `clusters` holds the link's two, and those whose records it relays.
    DemoWorker(runtime::Runtime& process, std::vector<ClusterSpec> clusters, LinkSpec link);

    /// Starts it, or once more after pause().
    void resume();
    /// As SIGTERM: what was fetched is delivered, then nothing runs any more.
    void pause();
    bool is_paused() const { return is_paused_; }

    DemoNetwork& network() { return network_; }
    const LinkSpec& link() const { return link_; }

    /// While it does not run: what it said at last.
    LinkStatus status() const;

    runtime::Task<void> stop();

private:
    runtime::Task<void> follow_wishes();

    DemoNetwork network_;
    runtime::Runtime runtime_;
    std::vector<ClusterSpec> clusters_;
    LinkSpec link_;
    std::unique_ptr<replication::Engine> engine_;
    LinkStatus last_;
    bool is_paused_ = true;
    bool is_switching_ = false;
    runtime::TaskGroup tasks_;
};

}  // namespace lockstep::app
