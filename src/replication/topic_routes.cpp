#include "replication/topic_routes.h"

#include "base/assert.h"

namespace lockstep::replication {

TopicRoutes::TopicRoutes(const std::vector<LinkSpec>& links) : links_(links) {
    for (const LinkSpec& link : links_) {
        auto filter = TopicFilter::make(link.topics, link.exclude);
        LS_ASSERT(filter.has_value());
        filters_.push_back(std::move(*filter));
    }
}

std::string TopicRoutes::problem_of(const std::string& link, const std::string& topic) {
    if (known_topics_.insert(topic).second) {
        std::vector<LinkSpec> matching;
        for (size_t i = 0; i < links_.size(); ++i) {
            if (filters_[i].matches(topic)) {
                matching.push_back(links_[i]);
            }
        }
        for (const RouteProblem& problem : prove_routes(matching).problems) {
            problems_.try_emplace({problem.link, topic}, problem.what);
        }
    }
    const auto found = problems_.find({link, topic});
    return found == problems_.end()
               ? ""
               : found->second +
                     ": leave the topic out of a link, or make a replication of them "
                     "(strategy mesh or hub-spoke)";
}

}  // namespace lockstep::replication
