#include "app/api_json.h"

#include "app/blocked_advice.h"
#include "app/status_json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& body) {
    return body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json rows_of(const std::vector<ChangedLink>& links) {
    Json rows = Json::array();
    for (const ChangedLink& link : links) {
        rows.push_back(
            {{"link", link.link}, {"partitions", link.partitions}, {"unchanged", link.unchanged}});
    }
    return rows;
}

double rounded(double value) {
    return std::round(value * 1000) / 1000;
}

bool is_lag_known(const PartitionStatus& partition) {
    return partition.source_high_watermark && partition.next_offset;
}

/// Its lag is for another worker to say.
bool is_elsewhere(const PartitionStatus& partition) {
    return partition.state == PartitionState::elsewhere;
}

/// What an answer leaves out, by link and worker; of links that this worker copies whole, nothing.
Json elsewhere_of(const ApiView& view) {
    Json rows = Json::array();
    for (const LinkStatus& link : view.links) {
        std::map<std::string, size_t> by_worker;
        for (const PartitionStatus& partition : link.partitions) {
            if (is_elsewhere(partition)) {
                ++by_worker[partition.worker];
            }
        }
        for (const auto& [worker, count] : by_worker) {
            rows.push_back({{"link", link.name}, {"worker", worker}, {"partitions", count}});
        }
    }
    return rows;
}

bool is_wanted(const ApiView& view, const PartitionStatus& partition) {
    return !view.state || partition.state == *view.state;
}

Json lag_of(const PartitionStatus& partition) {
    return is_lag_known(partition) ? Json(partition.lag_records()) : Json(nullptr);
}

/// The sums over some partitions of a link.
class Sum {
public:
    void add(const PartitionStatus& partition, const PartitionRate& rate, int64_t now_ms) {
        ++partitions_;
        elsewhere_ += is_elsewhere(partition) ? 1 : 0;
        ++states_[std::string(to_string(partition.state))];
        lag_records_ += partition.lag_records();
        const auto seconds = partition.lag_seconds(now_ms);
        lag_seconds_ = std::max(lag_seconds_, seconds.value_or(0));
        is_age_known_ = is_age_known_ || seconds.value_or(0) > 0;
        is_age_missing_ = is_age_missing_ || !(seconds || is_elsewhere(partition));
        is_lag_known_ = is_lag_known_ && (is_lag_known(partition) || is_elsewhere(partition));
        records_per_second_ += rate.records_per_second;
        bytes_per_second_ += rate.bytes_per_second;
    }

    void write_to(Json& object) const {
        const bool is_all_elsewhere = partitions_ > 0 && elsewhere_ == partitions_;
        const bool is_age_known = is_age_known_ || !(is_age_missing_ || is_all_elsewhere);
        object["partitions"] = partitions_;
        object["states"] = states_;
        object["lag_records"] = lag_records_;
        object["lag_known"] = is_lag_known_ && !is_all_elsewhere;
        object["lag_seconds"] =
            seconds_json(is_age_known ? std::optional(lag_seconds_) : std::nullopt);
        object["records_per_second"] = rounded(records_per_second_);
        object["bytes_per_second"] = rounded(bytes_per_second_);
    }

private:
    size_t partitions_ = 0;
    size_t elsewhere_ = 0;  // of these: nothing of their lag is known
    std::map<std::string, size_t> states_;
    int64_t lag_records_ = 0;  // of the partitions whose lag is known
    bool is_lag_known_ = true;
    double lag_seconds_ = 0;
    bool is_age_known_ = false;    // of a record that waits
    bool is_age_missing_ = false;  // of one
    double records_per_second_ = 0;
    double bytes_per_second_ = 0;
};

}  // namespace

std::string links_json(const ApiView& view) {
    Json rows = Json::array();
    for (const LinkStatus& link : view.links) {
        Json row = {
            {"link", link.name},
            {"source", link.source},
            {"target", link.target},
            {"source_cluster_id", link.source_cluster_id},
            {"target_cluster_id", link.target_cluster_id},
            {"discovered", link.discovered},
            {"priority", to_string(link.priority)},
            {"paused", link.is_paused},
            {"problem", link.problem},
            {"errors", link.errors},
        };
        Sum sum;
        for (const PartitionStatus& partition : link.partitions) {
            sum.add(partition, view.rates.of(link.name, partition.id), view.now_ms);
        }
        sum.write_to(row);
        rows.push_back(std::move(row));
    }
    return text_of({{"links", std::move(rows)}, {"elsewhere", elsewhere_of(view)}});
}

std::string topics_json(const ApiView& view) {
    Json rows = Json::array();
    for (const LinkStatus& link : view.links) {
        std::map<std::string, Sum> sums;
        std::map<std::string, std::string> target_topics;
        for (const PartitionStatus& partition : link.partitions) {
            target_topics[partition.id.topic] = partition.target_topic();
            sums[partition.id.topic].add(partition, view.rates.of(link.name, partition.id),
                                         view.now_ms);
        }
        for (const auto& [topic, sum] : sums) {
            Json row = {
                {"link", link.name}, {"topic", topic}, {"target_topic", target_topics[topic]}};
            sum.write_to(row);
            rows.push_back(std::move(row));
        }
    }
    return text_of({{"topics", std::move(rows)}, {"elsewhere", elsewhere_of(view)}});
}

std::string groups_json(const ApiView& view) {
    Json rows = Json::array();
    for (const LinkStatus& link : view.links) {
        for (const GroupStatus& group : link.groups) {
            Json row = {{"link", link.name}};
            row.update(group_json(group));
            rows.push_back(std::move(row));
        }
    }
    return text_of({{"groups", std::move(rows)}, {"elsewhere", elsewhere_of(view)}});
}

std::string lag_json(const ApiView& view) {
    struct Row {
        const LinkStatus* link;
        const PartitionStatus* partition;
    };
    std::vector<Row> rows;
    int64_t total = 0;
    for (const LinkStatus& link : view.links) {
        for (const PartitionStatus& partition : link.partitions) {
            if (!is_elsewhere(partition) && is_wanted(view, partition)) {
                rows.push_back({&link, &partition});
                total += partition.lag_records();
            }
        }
    }
    std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
        return a.partition->lag_records() > b.partition->lag_records();
    });
    Json list = Json::array();
    for (const auto& [link, partition] : rows) {
        list.push_back({{"link", link->name},
                        {"topic", partition->id.topic},
                        {"target_topic", partition->target_topic()},
                        {"partition", partition->id.partition.value()},
                        {"state", to_string(partition->state)},
                        {"lag_records", lag_of(*partition)},
                        {"lag_seconds", seconds_json(partition->lag_seconds(view.now_ms))}});
    }
    return text_of({{"total_lag_records", total},
                    {"partitions", std::move(list)},
                    {"elsewhere", elsewhere_of(view)}});
}

std::string explanations_json(const ApiView& view) {
    Json rows = Json::array();
    for (const LinkStatus& link : view.links) {
        for (const PartitionStatus& partition : link.partitions) {
            if (!is_wanted(view, partition)) {
                continue;
            }
            const Explanation explanation = explain(partition);
            rows.push_back({{"link", link.name},
                            {"topic", partition.id.topic},
                            {"target_topic", partition.target_topic()},
                            {"partition", partition.id.partition.value()},
                            {"state", to_string(partition.state)},
                            {"reason", partition.reason},
                            {"reason_code", explanation.code},
                            {"meaning", explanation.meaning},
                            {"choice", explanation.choice}});
        }
    }
    Json links = Json::array();
    for (const LinkStatus& link : view.links) {
        if (!link.problem.empty()) {
            const Explanation explanation = explain_problem(link);
            links.push_back({{"link", link.name},
                             {"problem", link.problem},
                             {"meaning", explanation.meaning},
                             {"choice", explanation.choice}});
        }
    }
    return text_of({{"explanations", std::move(rows)},
                    {"links", std::move(links)},
                    {"elsewhere", elsewhere_of(view)}});
}

std::string changed_json(const std::vector<ChangedLink>& links) {
    return text_of({{"links", rows_of(links)}});
}

std::string log_json(std::string_view level) {
    return text_of({{"level", level}});
}

std::string error_json(std::string_view error, const std::vector<ChangedLink>& done) {
    Json body{{"error", error}};
    if (!done.empty()) {
        body["links"] = rows_of(done);
    }
    return text_of(body);
}

}  // namespace lockstep::app
