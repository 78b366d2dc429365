#pragma once

// A source cluster in miniature: producers whose transactions overlap, brokers whose clocks differ,
// coordinators, and what can go wrong with the traces they leave. It knows which records belong to
// which transaction.

#include "base/rng.h"
#include "replication/cut_search.h"
#include "tests/unit/replication/coordinator_log.h"
#include "tests/unit/replication/transaction_batches.h"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace lockstep::replication {

struct SimulationRules {
    double own_epochs = 0.5;        // share of producers whose epoch rises with each transaction
    double frozen_producers = 0.2;  // that do not go on once the target was looked at
    double second_markers = 0;      // of markers that are written again
    double empty_partitions = 0;    // of a transaction's partitions that get no record
    bool is_compacted = false;      // partitions and coordinators' logs
    bool has_history = true;        // the coordinators' logs may be read
};

class SimulatedSource {
public:
    SimulatedSource(uint64_t seed, SimulationRules rules);

    /// Runs, looks at the target, runs on, looks at the source, runs on.
    void run();

    /// Searches as find_cut() does, with scans of this source.
    CutStep search();

    /// By partition; what was committed, as far as its records are still there.
    std::vector<TransactionExtent> truth() const;
    const std::vector<Offset>& copied() const { return copied_; }
    size_t scanned_again() const { return scanned_again_; }

private:
    struct Transaction {
        bool is_committed = false;
        std::vector<TransactionRange> batches;
    };

    struct Producer {
        Writer writer;
        size_t log = 0;
        bool has_own_epochs = false;
        enum class State { idle, writing, marking } state = State::idle;
        std::vector<size_t> partitions;
        std::set<size_t> unwritten;  // of them, without records yet
        std::vector<size_t> unmarked;
        bool is_committed = false;
        size_t transaction = 0;
        bool is_frozen = false;
        std::map<std::pair<size_t, int16_t>, int32_t> sequences;
    };

    void step();
    void advance(Producer& producer);
    void begin(Producer& producer);
    void write(Producer& producer);
    void decide(Producer& producer);
    void mark(Producer& producer);
    void write_marker(const Producer& producer, size_t partition);
    void note(const Producer& producer, protocol::TransactionStatus status);
    Offset last_stable_offset(size_t partition) const;
    void look_at_target();
    void look_at_source();
    void clean();
    void compact(size_t partition);
    std::vector<Offset> log_ends() const;
    PartitionScan scan(const ScanFrom& from) const;
    void scan_since(const ScanSince& wanted);
    TransactionHistory read_history(int64_t since_ms) const;

    Rng rng_;
    SimulationRules rules_;
    int64_t now_ms_ = 1'000'000'000;
    std::vector<BatchLog> partitions_;
    std::vector<int64_t> skews_ms_;
    std::vector<std::vector<std::pair<int64_t, int64_t>>> stamps_;  // (stamp, offset) of markers
    std::vector<CoordinatorLog> logs_;
    std::vector<std::vector<std::pair<int64_t, int64_t>>> notes_;  // (time, offset)
    std::vector<Producer> producers_;
    std::vector<Transaction> transactions_;
    std::vector<Offset> copied_;
    std::vector<Offset> starts_;
    std::vector<SourceMoment> moments_;
    std::vector<PartitionScan> scans_;
    TransactionHistoryReader::PartitionNumbers numbers_;
    size_t scanned_again_ = 0;
};

}  // namespace lockstep::replication
