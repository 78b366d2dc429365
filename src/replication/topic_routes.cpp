#include "replication/topic_routes.h"

#include "base/assert.h"

#include <algorithm>

namespace lockstep::replication {

TopicRoutes::TopicRoutes(const std::vector<LinkSpec>& links) : links_(links) {
    for (const LinkSpec& link : links_) {
        auto filter = TopicFilter::make(link.topics, link.exclude);
        LS_ASSERT(filter.has_value());
        filters_.push_back(std::move(*filter));
    }
}

void TopicRoutes::learn(const std::string& topic) {
    if (!known_topics_.insert(topic).second) {
        return;
    }
    std::vector<LinkSpec> matching;
    for (size_t i = 0; i < links_.size(); ++i) {
        if (filters_[i].matches(topic)) {
            matching.push_back(links_[i]);
        }
    }
    const RouteProof proof = prove_routes(matching);
    for (const RouteProblem& problem : proof.problems) {
        problems_.try_emplace({problem.link, topic}, problem.what);
    }
    for (const LinkSpec& link : matching) {
        const auto tree = std::ranges::find(proof.trees, link.target, &RouteTree::origin);
        if (tree != proof.trees.end() && tree->paths.contains(link.source)) {
            both_ways_.emplace(link.name, topic);
        }
    }
}

bool TopicRoutes::is_both_ways(const std::string& link, const std::string& topic) {
    learn(topic);
    return both_ways_.contains({link, topic});
}

std::string TopicRoutes::problem_of(const std::string& link, const std::string& topic) {
    learn(topic);
    const auto found = problems_.find({link, topic});
    return found == problems_.end()
               ? ""
               : found->second +
                     ": leave the topic out of a link, or make a replication of them "
                     "(strategy mesh or hub-spoke)";
}

}  // namespace lockstep::replication
