#pragma once

// PURE: whether the links of a process, taken together, bring a topic's records to each cluster by
// one way only. Links of a replication do by themselves; others may not (model/topology.h).

#include "model/topology.h"
#include "replication/topic_filter.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::replication {

class TopicRoutes {
public:
    /// The links' patterns must be valid.
    explicit TopicRoutes(const std::vector<LinkSpec>& links);

    /// Why a link must not copy the topic; "" where it may. Remembers what it was asked.
    std::string problem_of(const std::string& link, const std::string& topic);

    /// Whether records that are born on the link's target come to its source, by other links.
    /// Remembers what it was asked.
    bool is_both_ways(const std::string& link, const std::string& topic);

private:
    using Key = std::pair<std::string, std::string>;  // link and topic

    void learn(const std::string& topic);

    std::vector<LinkSpec> links_;
    std::vector<TopicFilter> filters_;  // of each
    std::set<std::string> known_topics_;
    std::map<Key, std::string> problems_;
    std::set<Key> both_ways_;
};

}  // namespace lockstep::replication
