#pragma once

// PURE: the client's half of a fetch session (KIP-227): the broker remembers which partitions we
// read and from where, and each request names only what has changed.

#include "model/ids.h"
#include "protocol/messages/fetch.h"

#include <chrono>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

namespace lockstep::client {

struct FetchPosition {
    Offset offset;
    LeaderEpoch leader_epoch;

    bool operator==(const FetchPosition&) const = default;
};

struct FetchLimits {
    std::chrono::milliseconds max_wait{500};
    int32_t max_bytes = 0;
    int32_t partition_max_bytes = 0;
};

class FetchSession {
public:
    /// Adds a partition, or moves it to another position.
    void want(const TopicPartition& partition, const Uuid& topic_id, FetchPosition position);
    void forget(const TopicPartition& partition);
    bool wants_nothing() const { return wanted_.empty(); }
    /// True while the broker reads a partition from where we want it: nothing is to be told.
    bool is_told(const TopicPartition& partition) const;

    /// The next request. Every request needs its answer accepted, or reset(), before the next.
    protocol::FetchRequest build(const FetchLimits& limits);

    /// Takes an answer's session state; false where the broker has lost the session (the answer has
    /// no data then): the next request starts a new one.
    bool accept(const protocol::FetchResponse& response);

    /// Forgets the broker's half: for a new connection, or after an unanswered request.
    void reset();

    /// KIP-227: epochs count the requests of a session, and wrap to 1: 0 asks for a new session.
    static constexpr int32_t epoch_after(int32_t epoch) {
        return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1;
    }

    /// The name of an answer's topic, which has only an id from version 13 on; null if unknown.
    const std::string* topic_name(
        const protocol::FetchResponse::FetchableTopicResponse& topic) const;

private:
    struct Wanted {
        Uuid topic_id;
        FetchPosition position;
        bool is_changed = false;
    };
    struct Forgotten {
        TopicPartition partition;
        Uuid topic_id;
    };

    bool is_new_session() const { return epoch_ == 0; }

    std::unordered_map<TopicPartition, Wanted> wanted_;
    std::vector<TopicPartition> changed_;  // what the broker has not been told yet
    std::vector<Forgotten> forgotten_;
    std::unordered_map<Uuid, std::string> names_;
    std::unordered_map<std::string, Uuid> ids_;
    /// A topic was created anew. The broker would go on to tell of the old one's partitions; to
    /// forget them by name, as before version 13, would be to forget the new ones.
    bool is_outdated_ = false;
    int32_t session_id_ = 0;
    int32_t epoch_ = 0;
};

}  // namespace lockstep::client
