#pragma once

#include "app/sandbox_action.h"
#include "sandbox/served_cluster.h"

#include <memory>
#include <vector>

namespace lockstep::app {

/// Does by hand what a sandbox never does by itself: brokers that die, compaction, unclean
/// elections. Lives on the clusters' loop.
class SandboxConsole {
public:
    using Clusters = std::vector<std::unique_ptr<sandbox::ServedCluster>>;

    /// `clusters` outlive it.
    explicit SandboxConsole(const Clusters& clusters) : clusters_(clusters) {}

    /// Does what the line says. What was done, or why nothing was; "" for an empty line.
    std::string answer(std::string_view line);

private:
    Result<std::string> perform(const SandboxAction& action);
    Result<sandbox::ServedCluster*> find(const SandboxAction& action) const;

    const Clusters& clusters_;
};

}  // namespace lockstep::app
