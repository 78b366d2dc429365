#pragma once

#include "client/cluster.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::client {

/// Whether a cluster has a topic, as all of its brokers say.
struct TopicPresence {
    enum class Kind {
        there,    // some broker knows it
        gone,     // no broker does, and each would tell
        unknown,  // a broker cannot be asked, or does not tell
    };
    Kind kind = Kind::unknown;
    Uuid id;              // where it is there; zeros where the cluster has no topic ids
    std::string problem;  // why it is unknown; else ""
};

/// Asks each broker of the cluster: one that has just started may lack what the others know. By
/// name, as a broker then tells a topic that is not there (UNKNOWN_TOPIC_OR_PARTITION) from one
/// that Lockstep may not DESCRIBE (TOPIC_AUTHORIZATION_FAILED), whether it is there or not
/// (KafkaApis.handleTopicMetadataRequest). Each of the topics is in the answer.
runtime::Task<std::map<std::string, TopicPresence>> ask_for_topics(Cluster& cluster,
                                                                   std::vector<std::string> topics,
                                                                   std::stop_token stop);

}  // namespace lockstep::client
