#pragma once

#include "app/cli.h"
#include "app/demo_action.h"
#include "app/demo_report.h"
#include "app/demo_worker.h"
#include "app/demo_workload.h"
#include "sandbox/served_cluster.h"

#include <memory>

namespace lockstep::app {

/// What a demo with those options consists of.
DemoNames demo_names(const DemoOptions& options);

/// What the demo is about, without its screen:
///
///     workload --> berlin (source) --worker--> paris
///                                  --worker--> london    only with hub-spoke
///
/// Three clusters in memory, what is written to the first one, and Lockstep. Lives on one loop;
/// `co_await stop()` before it is destroyed.
class DemoWorld {
public:
    DemoWorld(runtime::Runtime& process, const DemoOptions& options);

    /// Errors: a port cannot be had.
    Result<void> start(sandbox::Listen listen);

    /// Does it; returns what was done, in words for people, or "" where there was nothing to do.
    std::string perform(const DemoAction& action);

    DemoWorkload& workload() { return workload_; }
    DemoBreakage breakage() const;
    DemoKeyTargets key_targets() const;

    std::vector<DemoLinkView> links() const;
    DemoGroup group() const;
    /// Call it every so often: the speeds are those between the calls.
    void sample(double seconds);
    std::vector<DemoCluster> clusters() const;
    const Rates& rates() const { return rates_; }

    runtime::Task<void> stop();

private:
    /// Counts what is appended to a cluster's logs; deletions do not take away from it.
    struct Growth {
        struct Log {
            int64_t end = 0;
            size_t bytes = 0;
        };
        std::map<TopicPartition, Log> logs;
        uint64_t records = 0;
        uint64_t bytes = 0;
        RateMeter records_rate;
        RateMeter bytes_rate;
    };

    sandbox::ServedCluster* find_cluster(const std::string& name) const;
    DemoWorker* find_worker(const std::string& link) const;
    std::string kill_broker(const DemoAction& action);
    std::string restart_broker(const DemoAction& action);
    std::string kill_cluster(const std::string& name);
    std::string restart_cluster(const std::string& name);
    std::string cut_link(const std::string& name);
    std::string heal_links(const std::string& name);
    std::string set_paused(bool is_paused);
    std::string add_partition(const std::string& topic);
    std::string lose_records(const DemoAction& action);
    sandbox::Cluster& source() const { return clusters_.front()->cluster(); }
    DemoLogs logs_between(const sandbox::Cluster& target) const;
    std::string role_of(const std::string& name) const;

    runtime::Runtime& process_;
    std::vector<std::string> targets_;
    std::vector<std::unique_ptr<sandbox::ServedCluster>> clusters_;
    std::vector<std::unique_ptr<DemoWorker>> workers_;
    DemoWorkload workload_;
    std::map<std::string, Growth> growth_;  // by the cluster's name
    Rates rates_;
};

}  // namespace lockstep::app
