#pragma once

// PURE: whether the links of a process, taken together, bring a topic's records to each cluster by
// one way only, and none back under another name. Links of a replication do by themselves; others
// may not (model/topology.h).

#include "model/topology.h"
#include "replication/topic_filter.h"

#include <map>
#include <optional>
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
    /// Whether the problem is that the topic would come back under another name.
    bool has_renaming_fault(const std::string& link, const std::string& topic);

private:
    using Key = std::pair<std::string, std::string>;  // link and topic

    std::optional<size_t> index_of(const std::string& link) const;
    std::optional<std::string> name_on_target(size_t link, const std::string& topic) const;
    const RouteProblem* find(const std::string& link, const std::string& topic);
    void follow_all(const std::string& link, const std::string& topic);
    void follow(const TopicAt& from);
    bool comes_back(size_t link, const std::string& topic) const;

    std::vector<LinkSpec> links_;
    std::vector<TopicFilter> filters_;  // of each
    std::set<Key> asked_;
    std::set<TopicAt> followed_;
    std::map<Key, RouteProblem> problems_;
    std::map<Key, bool> both_ways_;
};

}  // namespace lockstep::replication
