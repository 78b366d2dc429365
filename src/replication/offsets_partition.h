#pragma once

// Of OffsetsStore alone.

#include "client/batch_producer.h"
#include "protocol/kafka_error.h"
#include "replication/offsets_store.h"

#include <fmt/core.h>

#include <deque>
#include <set>
#include <utility>

namespace lockstep::replication {

/// One partition of the topic: how far it has been read, and what is being written to it.
class OffsetsStore::Partition final : public client::ProduceListener {
public:
    /// Somebody waits for what it has of the streams of a source partition.
    class Waiting {
    public:
        Waiting(Partition& partition, const std::optional<StreamKey>& key) : partition_(partition) {
            place_ = key ? partition.awaited.insert(*key) : partition.awaited.end();
        }
        ~Waiting() {
            if (place_ != partition_.awaited.end()) {
                partition_.awaited.erase(place_);
            }
        }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;

    private:
        Partition& partition_;
        std::multiset<StreamKey>::iterator place_;
    };

    Partition(client::Cluster& target, client::BatchProducer& producer, int32_t index)
        : id{kTopic, PartitionIndex(index)},
          changed(target.runtime().loop),
          lane_(producer.add_lane(id, *this)),
          target_(target) {}

    void send(client::OutgoingBatch batch, Saved saved) {
        if (lane_->is_stopped() && !start()) {
            saved(Error(make_error_code(protocol::KafkaError::leader_not_available),
                        fmt::format("{} has no leader on {}", id.to_string(), target_.name())));
            return;
        }
        batch.base_offset = Offset(next_token_++);  // tells batches apart, no more
        waiting_.push_back(std::move(saved));
        lane_->send(std::move(batch));
    }

    bool on_acknowledged(const client::OutgoingBatch& batch,
                         const client::Acknowledgement& answer) override {
        const Saved saved = std::move(waiting_.front());
        waiting_.pop_front();
        // A batch of which the broker has one with the same name is answered with that one's time.
        if (answer.log_append_time_ms >= 0) {
            saved(Error(make_error_code(protocol::KafkaError::duplicate_sequence_number),
                        "another worker has written to " + id.to_string()));
        } else {
            const auto leader = target_.metadata().leader_of(id);
            if (leader && leader->epoch == leader_epoch) {
                note_end(answer.base_offset + batch.record_count, leader_epoch);
            }
            saved(Result<void>());
        }
        return true;
    }

    void on_filled(const client::OutgoingGap&) override {}

    /// All of it is to be read, whatever is being read now.
    void read_anew() {
        next = end = Offset(0);
        end_epoch = kNoLeaderEpoch;
        ++begun;
    }

    /// The log has had this much, the newest of it under that epoch.
    void note_end(Offset seen, LeaderEpoch epoch) {
        if (seen >= end) {
            end = seen;
            end_epoch = epoch;
        }
    }

    /// The topic was deleted, and made again.
    void begin_anew() {
        read_anew();
        lane_->stop(Error(make_error_code(protocol::KafkaError::unknown_topic_id), id.topic));
    }

    void on_stopped(const Error& error) override {
        for (const Saved& saved : std::exchange(waiting_, {})) {
            saved(error);
        }
    }

    TopicPartition id;
    Offset next{0};                             // to be read
    Offset end{0};                              // as far as it was read, or written from here
    LeaderEpoch end_epoch = kNoLeaderEpoch;     // of what is before that
    LeaderEpoch leader_epoch = kNoLeaderEpoch;  // under which the log still had it
    int begun = 0;                              // how often from the start
    std::set<ProducerId> ids;                   // of the streams that it has, or is to have
    std::multiset<StreamKey> awaited;           // of source partitions that are to go on
    bool is_reading = false;
    runtime::Signal changed;  // a reading, or a write, has ended

private:
    bool start() {
        const auto leader = target_.metadata().leader_of(id);
        if (leader) {
            leader_epoch = end_epoch == kNoLeaderEpoch ? leader->epoch : leader_epoch;
            lane_->start(leader->leader, target_.metadata().find_topic(kTopic)->id);
        }
        return leader.has_value();
    }

    std::shared_ptr<client::BatchProducer::Lane> lane_;
    client::Cluster& target_;
    std::deque<Saved> waiting_;
    int64_t next_token_ = 0;
};

}  // namespace lockstep::replication
