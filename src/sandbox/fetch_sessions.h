#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/fetch.h"

#include <map>
#include <memory>
#include <vector>

namespace lockstep::sandbox {

/// One partition of a fetch, and what its last answer said.
struct FetchedPartition {
    std::string topic;  // or, from version 13 on, its id
    Uuid topic_id;
    protocol::FetchRequest::FetchPartition asked;
    int64_t high_watermark = -1;
    int64_t last_stable_offset = -1;
    int64_t log_start_offset = -1;
    bool was_answered = false;

    bool is_of(const std::string& name, const Uuid& id, int32_t partition) const {
        return topic == name && topic_id == id && asked.partition == partition;
    }
};

/// What a client fetches again and again (KIP-227).
struct FetchSession {
    int32_t id = 0;  // 0: only for this one request
    int32_t next_epoch = 1;
    std::vector<FetchedPartition> partitions;
};

/// Which session a request belongs to.
struct ChosenSession {
    protocol::KafkaError error = protocol::KafkaError::none;
    std::shared_ptr<FetchSession> session;
    bool is_incremental = false;  // only what has changed is answered
};

/// PURE: the fetch sessions of a cluster's brokers. Bound: kMostSessions, the oldest goes.
class FetchSessions {
public:
    static constexpr size_t kMostSessions = 1000;

    /// Takes what the request says of its partitions into the session. Errors:
    /// `fetch_session_id_not_found`, `invalid_fetch_session_epoch`.
    ChosenSession choose(const protocol::FetchRequest& request);

    /// As brokers do when they start.
    void clear() { sessions_.clear(); }

private:
    std::map<int32_t, std::shared_ptr<FetchSession>> sessions_;
    int32_t last_id_ = 0;
};

}  // namespace lockstep::sandbox
