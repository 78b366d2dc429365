#include "sandbox/fetch_sessions.h"

#include <algorithm>
#include <limits>

namespace lockstep::sandbox {

using protocol::FetchRequest;
using protocol::KafkaError;

namespace {

constexpr int32_t kFinalEpoch = -1;
constexpr int32_t kFirstEpoch = 0;

int32_t after(int32_t epoch) {
    return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1;
}

void take_partitions(FetchSession& session, const FetchRequest& request) {
    for (const auto& topic : request.topics) {
        for (const auto& asked : topic.partitions) {
            const auto known = std::ranges::find_if(session.partitions, [&](const auto& one) {
                return one.is_of(topic.topic, topic.topic_id, asked.partition);
            });
            if (known != session.partitions.end()) {
                known->asked = asked;
            } else {
                session.partitions.push_back({topic.topic, topic.topic_id, asked});
            }
        }
    }
    for (const auto& topic : request.forgotten_topics_data) {
        for (const int32_t partition : topic.partitions) {
            std::erase_if(session.partitions, [&](const auto& one) {
                return one.is_of(topic.topic, topic.topic_id, partition);
            });
        }
    }
}

}  // namespace

ChosenSession FetchSessions::choose(const FetchRequest& request) {
    ChosenSession chosen;
    if (request.session_epoch == kFinalEpoch || request.session_epoch == kFirstEpoch) {
        sessions_.erase(request.session_id);
        chosen.session = std::make_shared<FetchSession>();
        take_partitions(*chosen.session, request);
        if (request.session_epoch == kFirstEpoch) {
            chosen.session->id = ++last_id_;
            sessions_[last_id_] = chosen.session;
            if (sessions_.size() > kMostSessions) {
                sessions_.erase(sessions_.begin());
            }
        }
        return chosen;
    }
    const auto found = sessions_.find(request.session_id);
    if (found == sessions_.end()) {
        chosen.error = KafkaError::fetch_session_id_not_found;
    } else if (found->second->next_epoch != request.session_epoch) {
        chosen.error = KafkaError::invalid_fetch_session_epoch;
    } else {
        chosen.session = found->second;
        chosen.is_incremental = true;
        chosen.session->next_epoch = after(request.session_epoch);
        take_partitions(*chosen.session, request);
    }
    return chosen;
}

}  // namespace lockstep::sandbox
