#pragma once

#include "base/buffer.h"
#include "model/link.h"
#include "model/link_status.h"
#include "replication/link.h"
#include "replication/memory_budget.h"

#include <memory>
#include <vector>

namespace lockstep::replication {

/// All links of one process, with the memory that they share. Lives on one shard.
/// `start()`, then `co_await stop()` before destroying it.
class Engine {
public:
    /// Every link's clusters must be among `clusters`, and its topic patterns must be valid (the
    /// config has been checked).
    Engine(runtime::Runtime& runtime, std::vector<ClusterSpec> clusters,
           std::vector<LinkSpec> links, Limits limits);
    ~Engine();

    void start();

    /// Stops fetching, delivers what has been fetched for up to three seconds, and ends.
    runtime::Task<void> stop();

    std::vector<LinkStatus> status() const;

private:
    runtime::Runtime& runtime_;
    MemoryBudget budget_;
    BufferPool buffers_;
    std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace lockstep::replication
