#pragma once

#include "protocol/record_batch_builder.h"
#include "sandbox/cluster.h"
#include "sim/truth.h"
#include "sim/world.h"

#include <optional>
#include <utility>

namespace lockstep::sim {

enum class TopicKind { plain, transactional, compacted, high_start, append_time, historical };

std::string_view to_string(TopicKind kind);

struct TopicPlan {
    std::string name;
    TopicKind kind = TopicKind::plain;
    int32_t partitions = 1;
};

/// Writers at the source, and the truth about what they wrote. They write beside the network:
/// Lockstep is to be tried here, not they. Owned by a scenario.
class Workload {
public:
    Workload(World& world, sandbox::Cluster& source, std::vector<TopicPlan> plans);

    /// Those that write without transactions have producer ids and sequences, two of three batches.
    void make_idempotent() { is_idempotent_ = true; }

    /// Records get a header with up to so many bytes; 0: none.
    void set_most_header_bytes(uint64_t bytes) { most_header_bytes_ = bytes; }

    /// Some records have no key, where their topic is not compacted, and some no value: drawn from
    /// numbers of their own.
    void write_nulls(uint64_t seed) { nulls_.emplace(seed); }

    /// What its records' values begin with, where others write to topics of the same names.
    void set_writer(std::string writer) { writer_ = std::move(writer); }

    /// Makes the topics.
    void begin();
    /// Writes something every so often until stop().
    void write_on(Duration interval);
    /// Nothing is written for so long.
    void be_quiet_for(Duration duration) { quiet_until_ = world_.now() + duration; }
    /// No more is written; transactions that are open are ended.
    void stop();

    void add_partition(const std::string& topic);
    /// The topic goes; nothing is written to it until recreate_topic().
    void delete_topic(const std::string& topic);
    void recreate_topic(const std::string& topic);

    /// The log of the partition has been cut there: what was behind it was never written. The topic
    /// must not be a transactional one.
    void on_cut(const TopicPartition& partition, Offset offset);
    /// Retention took so many committed records that nobody had copied.
    void on_overtaken(const TopicPartition& partition, int64_t records) {
        TruePartition& truth = truth_[partition];
        truth.overtaken_records += records;
        truth.may_lack_evidence |= truth.was_cut;
    }
    /// The copy of a topic that was deleted was taken away by the target's own retention.
    void on_copy_emptied(const TopicPartition& partition) {
        truth_[partition].had_copy_before = true;
    }
    /// One of its logs was compacted.
    void on_compacted(const TopicPartition& partition) {
        truth_[partition].may_lack_evidence = true;
    }

    const Truth& truth() const { return truth_; }
    const std::vector<TopicPlan>& plans() const { return plans_; }
    uint64_t written() const { return next_number_; }

private:
    struct Transaction {
        ProducerId producer_id;
        ProducerEpoch epoch{0};
        std::map<TopicPartition, int32_t> sequences;             // the next one of each partition
        std::map<TopicPartition, std::vector<int64_t>> open_in;  // the records' offsets
    };

    /// One that numbers its batches (KIP-98), so that the broker knows those that come again.
    struct Writer {
        ProducerId producer_id;
        ProducerEpoch epoch{0};
        std::map<TopicPartition, int32_t> sequences;  // the next one of each partition
    };

    sandbox::Topic& create_topic(const TopicPlan& plan);
    void sign(protocol::BatchOptions& options, const TopicPartition& id, int32_t records);
    void write_one();
    void write_batch(const TopicPlan& plan, Transaction* transaction);
    void end_transaction(Transaction& transaction);
    Transaction& draw_transaction(const TopicPlan& plan);
    std::string draw_key(const TopicPlan& plan);
    /// A record before it is written: its headers' values, of what the truth tells as a text.
    struct Draft {
        TrueRecord record;
        std::vector<std::pair<std::string, std::string>> headers;
        bool has_key = true;
        bool has_value = true;

        void add_to(protocol::RecordBatchBuilder& builder) const;
    };
    Draft draw_record(const TopicPlan& plan, const TopicPartition& id);

    World& world_;
    sandbox::Cluster& source_;
    std::vector<TopicPlan> plans_;
    Truth truth_;
    std::map<std::string, std::vector<Transaction>> transactions_;  // by topic
    std::vector<Writer> writers_{{ProducerId(11), {}, {}}, {ProducerId(12), {}, {}}};
    bool is_idempotent_ = false;
    std::string writer_;
    uint64_t next_number_ = 0;
    uint64_t most_header_bytes_ = 0;
    std::optional<Rng> nulls_;
    int64_t next_producer_ = 1000;
    TimePoint quiet_until_{};
    bool is_stopped_ = false;
};

}  // namespace lockstep::sim
