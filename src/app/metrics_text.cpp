#include "app/metrics_text.h"

#include "app/blocked_advice.h"
#include "base/version.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <utility>

namespace lockstep::app {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

MetricFamily family(std::string name, std::string help, MetricType type) {
    return {std::move(name), std::move(help), type, {}};
}

void add(MetricFamily& to, Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (to.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    to.metric.push_back(std::move(metric));
}

void add(MetricFamily& to, Labels labels, const LatencyHistogram& histogram) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.histogram.sample_count = histogram.count();
    metric.histogram.sample_sum = histogram.sum_seconds();
    uint64_t cumulative = 0;
    for (size_t i = 0; i < histogram.counts().size(); ++i) {
        const bool is_last = i == LatencyHistogram::kBounds.size();
        cumulative += histogram.counts()[i];
        metric.histogram.bucket.push_back({cumulative, is_last
                                                           ? std::numeric_limits<double>::infinity()
                                                           : LatencyHistogram::kBounds[i]});
    }
    to.metric.push_back(std::move(metric));
}

std::map<std::string, std::string> renamed_topics(const LinkStatus& link) {
    std::map<std::string, std::string> topics;
    for (const PartitionStatus& partition : link.partitions) {
        if (!partition.renamed_to.empty()) {
            topics[partition.id.topic] = partition.renamed_to;
        }
    }
    return topics;
}

/// The families of one scrape. Those of partitions and those of links have the same labels.
class Scrape {
public:
    void add_link(const LinkStatus& link, int64_t now_ms);
    void add_cluster(const ClusterStatus& cluster);
    void add_process(const ProcessStats& process);
    std::string text() &&;

private:
    void add_partition(const LinkStatus& link, const PartitionStatus& partition, int64_t now_ms);
    void add_followed(const Labels& of_link, std::string kind, const FollowStatus& status);

    MetricFamily build_info_ =
        family("lockstep_build_info", "Always 1; the version is a label.", MetricType::Gauge);
    MetricFamily link_up_ = family(
        "lockstep_link_up",
        "1 if both clusters of the link were reached, its topics are known and nothing keeps "
        "it as a whole from working.",
        MetricType::Gauge);
    MetricFamily cluster_up_ =
        family("lockstep_cluster_up",
               "1 if the cluster answers, 0 if it does not; absent until that is known.",
               MetricType::Gauge);
    MetricFamily cluster_round_trip_ =
        family("lockstep_cluster_round_trip_seconds",
               "Time from a small request to its answer, the median of the last minute; absent "
               "while it is not measured, or the cluster does not answer.",
               MetricType::Gauge);
    MetricFamily cluster_brokers_ =
        family("lockstep_cluster_brokers",
               "Registered brokers of the cluster, as of its last answer; absent before the first.",
               MetricType::Gauge);
    MetricFamily lag_records_ = family(
        "lockstep_partition_lag_records",
        "Records at the source that the target lacks; absent while not known.", MetricType::Gauge);
    MetricFamily lag_seconds_ = family("lockstep_partition_lag_seconds",
                                       "Age of the oldest record at the source that the target "
                                       "lacks, 0 where it lacks none; absent "
                                       "while not known.",
                                       MetricType::Gauge);
    MetricFamily state_ = family(
        "lockstep_partition_state",
        "1 for the state that the partition is in; no other state is listed, nor are partitions "
        "that another worker copies.",
        MetricType::Gauge);
    MetricFamily blocked_ = family(
        "lockstep_blocked_partitions",
        "Partitions that are blocked, by the code that docs/operations.md explains; absent where "
        "none is.",
        MetricType::Gauge);
    MetricFamily records_ = family("lockstep_copied_records_total",
                                   "Records that the target has confirmed.", MetricType::Counter);
    MetricFamily bytes_ =
        family("lockstep_copied_bytes_total",
               "Bytes of record batches, as compressed, that the target has confirmed.",
               MetricType::Counter);
    MetricFamily batches_ =
        family("lockstep_copied_batches_total", "Record batches that the target has confirmed.",
               MetricType::Counter);
    MetricFamily filled_ =
        family("lockstep_filled_offsets_total",
               "Offsets without a visible record at the source that markers hold on the target.",
               MetricType::Counter);
    MetricFamily lost_ =
        family("lockstep_lost_offsets_total",
               "Offsets that the source had deleted before they were copied.", MetricType::Counter);
    MetricFamily skipped_foreign_ = family(
        "lockstep_skipped_foreign_records_total",
        "Records of the source that were born on another cluster and that this link does not "
        "carry: they have another route, or would travel back.",
        MetricType::Counter);
    MetricFamily verified_offset_ = family(
        "lockstep_verified_offset",
        "The copy was compared with its source and is the same before this offset, from the start "
        "of the logs; absent until comparing has begun, and where limits.verify_rate is off.",
        MetricType::Gauge);
    MetricFamily verified_records_ =
        family("lockstep_verified_records_total",
               "Records that were read from both clusters and found the same; absent like "
               "lockstep_verified_offset.",
               MetricType::Counter);
    MetricFamily verify_differences_ = family(
        "lockstep_verify_differences_total",
        "Records that were found to differ from the source, or that only one cluster has; absent "
        "like lockstep_verified_offset.",
        MetricType::Counter);
    MetricFamily open_transaction_ = family(
        "lockstep_open_transaction_seconds",
        "For how long an open transaction at the source has held the partition back; absent where "
        "none does.",
        MetricType::Gauge);
    MetricFamily group_again_ =
        family("lockstep_group_read_again_records",
               "Records that the group would read again if it moved to the target now.",
               MetricType::Gauge);
    MetricFamily group_passed_ = family(
        "lockstep_group_passed_over_records",
        "Records that the group would pass over if it moved to the target now.", MetricType::Gauge);
    MetricFamily drift_ = family(
        "lockstep_drift_settings",
        "Settings besides records that the target has not as the source would have them, and that "
        "stay so until somebody decides; kind is configs, acls, quotas, users or growth (of "
        "partition counts). Absent where they are not followed.",
        MetricType::Gauge);
    MetricFamily follow_problem_ = family(
        "lockstep_follow_problem",
        "1 where such settings cannot be followed for now, which the status gives the reason of; "
        "absent like lockstep_drift_settings.",
        MetricType::Gauge);
    MetricFamily follow_changes_ = family(
        "lockstep_followed_changes_total",
        "Such settings that were changed on the target; absent like lockstep_drift_settings.",
        MetricType::Counter);
    MetricFamily fleet_workers_ =
        family("lockstep_fleet_workers",
               "Workers that share the link; 0 until that is known, or where this one is left out.",
               MetricType::Gauge);
    MetricFamily fleet_owned_ =
        family("lockstep_fleet_owned_partitions", "Partitions of the link that are this worker's.",
               MetricType::Gauge);
    MetricFamily fleet_taken_ = family(
        "lockstep_fleet_taken_partitions_total",
        "Partitions that have come to this worker after its first ones.", MetricType::Counter);
    MetricFamily fleet_given_ =
        family("lockstep_fleet_given_partitions_total",
               "Partitions that other workers have got from this one.", MetricType::Counter);
    MetricFamily target_topic_ =
        family("lockstep_renamed_topic_info",
               "Always 1; for each topic that has another name on the target, which is a label.",
               MetricType::Gauge);
    MetricFamily waiting_copies_ = family(
        "lockstep_copies_to_delete",
        "Copies whose topics are gone at the source, or seem so, and that are not deleted yet; "
        "absent where on_deleted is ignore.",
        MetricType::Gauge);
    MetricFamily deleted_copies_ =
        family("lockstep_deleted_copies_total",
               "Copies that were deleted, as on_deleted says; absent like "
               "lockstep_copies_to_delete.",
               MetricType::Counter);
    MetricFamily errors_ =
        family("lockstep_errors_total", "Failures that the link has met, most of them retried.",
               MetricType::Counter);
    MetricFamily in_flight_ = family(
        "lockstep_in_flight_bytes",
        "Record data that was fetched and that the target has not confirmed.", MetricType::Gauge);
    MetricFamily fetch_ =
        family("lockstep_fetch_duration_seconds",
               "Time from a fetch request to its response; an idle source makes the "
               "broker wait on purpose.",
               MetricType::Histogram);
    MetricFamily produce_ =
        family("lockstep_produce_duration_seconds", "Time from a produce request to its response.",
               MetricType::Histogram);
    MetricFamily resident_ =
        family("process_resident_memory_bytes", "Resident memory in bytes.", MetricType::Gauge);
    MetricFamily cpu_ = family("process_cpu_seconds_total", "User and system CPU time in seconds.",
                               MetricType::Counter);
    MetricFamily start_ = family("process_start_time_seconds",
                                 "Start of the process, in seconds since 1970.", MetricType::Gauge);
};

void Scrape::add_link(const LinkStatus& link, int64_t now_ms) {
    const Labels labels{{"link", link.name}, {"source", link.source}, {"target", link.target}};
    add(link_up_, labels, link.discovered && link.problem.empty() ? 1 : 0);
    add(errors_, labels, static_cast<double>(link.errors));
    add(in_flight_, labels, static_cast<double>(link.in_flight_bytes));
    add(fleet_workers_, labels, static_cast<double>(link.fleet.workers));
    add(fleet_owned_, labels, static_cast<double>(link.fleet.owned));
    add(fleet_taken_, labels, static_cast<double>(link.fleet.taken));
    add(fleet_given_, labels, static_cast<double>(link.fleet.given));
    add(fetch_, labels, link.fetch_latency);
    add(produce_, labels, link.produce_latency);
    for (const GroupStatus& group : link.groups) {
        Labels with_group = labels;
        with_group.push_back({"group", group.name});
        add(group_again_, with_group, static_cast<double>(group.behind_records));
        add(group_passed_, std::move(with_group), static_cast<double>(group.ahead_records));
    }
    add_followed(labels, "configs", link.around.configs);
    add_followed(labels, "acls", link.around.acls);
    add_followed(labels, "quotas", link.around.quotas);
    add_followed(labels, "users", link.around.users);
    add_followed(labels, "growth", link.around.growth);
    if (const DeletionStatus& deletions = link.around.deletions; deletions.is_followed) {
        add(waiting_copies_, labels, static_cast<double>(deletions.waiting.size()));
        add(deleted_copies_, labels, static_cast<double>(deletions.deleted));
    }
    for (const auto& [topic, there] : renamed_topics(link)) {
        Labels with_topics = labels;
        with_topics.push_back({"topic", topic});
        with_topics.push_back({"target_topic", there});
        add(target_topic_, std::move(with_topics), 1);
    }
    std::map<std::string, size_t> blocked;
    for (const PartitionStatus& partition : link.partitions) {
        add_partition(link, partition, now_ms);
        if (partition.state == PartitionState::blocked) {
            ++blocked[explain(partition).code];
        }
    }
    for (const auto& [code, count] : blocked) {
        Labels with_code = labels;
        with_code.push_back({"code", code});
        add(blocked_, std::move(with_code), static_cast<double>(count));
    }
}

void Scrape::add_cluster(const ClusterStatus& cluster) {
    const Labels labels{{"cluster", cluster.name}, {"region", cluster.region}};
    if (cluster.health != ClusterHealth::unknown) {
        add(cluster_up_, labels, cluster.health == ClusterHealth::unreachable ? 0 : 1);
    }
    if (cluster.round_trip_ms) {
        add(cluster_round_trip_, labels, *cluster.round_trip_ms / 1000);
    }
    if (cluster.last_answer_ms) {
        add(cluster_brokers_, labels, static_cast<double>(cluster.brokers));
    }
}

void Scrape::add_followed(const Labels& of_link, std::string kind, const FollowStatus& status) {
    if (status.state == FollowState::off) {
        return;
    }
    Labels labels = of_link;
    labels.push_back({"kind", std::move(kind)});
    add(drift_, labels, static_cast<double>(status.drift.size()));
    add(follow_problem_, labels, status.state == FollowState::failing ? 1 : 0);
    add(follow_changes_, std::move(labels), static_cast<double>(status.changes));
}

void Scrape::add_partition(const LinkStatus& link, const PartitionStatus& partition,
                           int64_t now_ms) {
    const Labels labels{{"link", link.name},
                        {"source", link.source},
                        {"target", link.target},
                        {"topic", partition.id.topic},
                        {"partition", std::to_string(partition.id.partition.value())}};
    const bool is_elsewhere = partition.state == PartitionState::elsewhere;
    if (is_elsewhere && partition.copied_records == 0) {
        return;
    }
    if (partition.source_high_watermark && partition.next_offset) {
        add(lag_records_, labels, static_cast<double>(partition.lag_records()));
        if (const auto seconds = partition.lag_seconds(now_ms)) {
            add(lag_seconds_, labels, *seconds);
        }
    }
    add(records_, labels, static_cast<double>(partition.copied_records));
    add(bytes_, labels, static_cast<double>(partition.copied_bytes));
    add(batches_, labels, static_cast<double>(partition.copied_batches));
    add(filled_, labels, static_cast<double>(partition.filled_offsets));
    add(lost_, labels, static_cast<double>(partition.lost_offsets));
    add(skipped_foreign_, labels, static_cast<double>(partition.skipped_foreign_records));
    if (const auto& verified = partition.verified) {
        add(verified_offset_, labels, static_cast<double>(verified->to.value()));
        add(verified_records_, labels, static_cast<double>(verified->records));
        add(verify_differences_, labels, static_cast<double>(verified->differences));
    }
    if (partition.open_transaction) {
        add(open_transaction_, labels, partition.open_transaction->seconds(now_ms));
    }
    if (is_elsewhere) {
        return;
    }
    Labels with_state = labels;
    with_state.push_back({"state", std::string(to_string(partition.state))});
    add(state_, std::move(with_state), 1);
}

void Scrape::add_process(const ProcessStats& process) {
    add(build_info_, {{"version", std::string(kVersion)}}, 1);
    add(resident_, {}, static_cast<double>(process.resident_bytes));
    add(cpu_, {}, process.cpu_seconds);
    add(start_, {}, process.start_time_seconds);
}

std::string Scrape::text() && {
    std::vector<MetricFamily> families;
    for (MetricFamily* each : {&build_info_,
                               &link_up_,
                               &cluster_up_,
                               &cluster_round_trip_,
                               &cluster_brokers_,
                               &lag_records_,
                               &lag_seconds_,
                               &state_,
                               &blocked_,
                               &records_,
                               &bytes_,
                               &batches_,
                               &filled_,
                               &lost_,
                               &skipped_foreign_,
                               &verified_offset_,
                               &verified_records_,
                               &verify_differences_,
                               &open_transaction_,
                               &group_again_,
                               &group_passed_,
                               &drift_,
                               &follow_problem_,
                               &follow_changes_,
                               &fleet_workers_,
                               &fleet_owned_,
                               &fleet_taken_,
                               &fleet_given_,
                               &target_topic_,
                               &waiting_copies_,
                               &deleted_copies_,
                               &errors_,
                               &in_flight_,
                               &fetch_,
                               &produce_,
                               &resident_,
                               &cpu_,
                               &start_}) {
        if (!each->metric.empty()) {
            families.push_back(std::move(*each));
        }
    }
    return prometheus::TextSerializer().prometheus::Serializer::Serialize(families);
}

}  // namespace

std::string metrics_text(const std::vector<LinkStatus>& links, const ProcessStats& process,
                         int64_t now_ms, const std::vector<ClusterStatus>& clusters) {
    Scrape scrape;
    scrape.add_process(process);
    for (const ClusterStatus& cluster : clusters) {
        scrape.add_cluster(cluster);
    }
    for (const LinkStatus& link : links) {
        scrape.add_link(link, now_ms);
    }
    return std::move(scrape).text();
}

}  // namespace lockstep::app
