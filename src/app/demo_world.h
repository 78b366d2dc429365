#pragma once

#include "app/cli.h"
#include "app/demo_action.h"
#include "app/demo_layout.h"
#include "app/demo_report.h"
#include "app/demo_worker.h"
#include "app/demo_workload.h"
#include "replication/topic_filter.h"
#include "sandbox/served_cluster.h"

#include <memory>

namespace lockstep::app {

/// What there is to be broken in a demo of that layout.
DemoNames demo_names(const DemoLayout& layout);

/// What the demo is about, without its screen:
///
///     workload --> berlin <--worker for each link--> paris <-- workload
///
/// Three clusters in memory, programs that write to one or more of them, and Lockstep; which of
/// them are linked, and how, its layout says. Lives on one loop; `co_await stop()` before it is
/// destroyed.
class DemoWorld {
public:
    /// `rate`: records that are written a second, to each cluster that is written to.
    DemoWorld(runtime::Runtime& process, DemoLayout layout, int rate);

    /// Errors: a port cannot be had.
    Result<void> start(sandbox::Listen listen);

    /// Does it; returns what was done, in words for people, or "" where there was nothing to do.
    std::string perform(const DemoAction& action);

    /// Writes what is due. `seconds` since the demo began.
    void write_until(double seconds);
    /// The consumer group commits how far it has read, where links carry groups.
    void commit_places();
    void compact();
    /// Nothing is written any more, and what was written can be read.
    void finish_writing();

    size_t link_count() const { return workers_.size(); }
    /// What keys are about that break link number `link`, and what of that is broken.
    DemoKeyTargets key_targets(size_t link) const;
    DemoBreakage breakage(const DemoKeyTargets& targets) const;

    /// Reads the clusters' logs on to their present ends.
    std::vector<DemoLinkView> links();
    /// Without a name where links carry none.
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
    /// The one that is written to whatever the strategy, and whose topics are broken.
    sandbox::Cluster& first() const { return clusters_.front()->cluster(); }
    const std::string& first_name() const { return layout_.places.front().name; }
    void take_census();
    const DemoLogCensus& census_of(const sandbox::Cluster& cluster, const TopicPartition& id) const;
    DemoPartitionLogs logs_of(const LinkSpec& link, const TopicPartition& id) const;
    DemoLogs logs_of(const LinkSpec& link) const;

    runtime::Runtime& process_;
    const DemoLayout layout_;
    const replication::TopicFilter filter_;  // of all links
    std::vector<std::unique_ptr<sandbox::ServedCluster>> clusters_;
    std::vector<std::unique_ptr<DemoWorker>> workers_;
    std::vector<std::unique_ptr<DemoWorkload>> workloads_;  // the first cluster's is the first
    /// Of all logs that are copied without their offsets; topics' ids differ between clusters.
    std::map<std::pair<Uuid, PartitionIndex>, DemoLogCensus> census_;
    std::map<std::string, Growth> growth_;  // by the cluster's name
    Rates rates_;
};

}  // namespace lockstep::app
