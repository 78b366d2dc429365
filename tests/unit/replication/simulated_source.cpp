#include "tests/unit/replication/simulated_source.h"

#include <algorithm>

namespace lockstep::replication {

using protocol::RecordBatchView;
using protocol::TransactionStatus;

namespace {

constexpr size_t kLogs = 2;
constexpr int kSteps = 250;
constexpr int kMoments = 5;
constexpr int64_t kMaxSkewMs = 4'000;  // either way: less than kClockSlackMs between two

}  // namespace

SimulatedSource::SimulatedSource(uint64_t seed, SimulationRules rules)
    : rng_(seed), rules_(rules), partitions_(2 + rng_.below(3)), logs_(kLogs) {
    const size_t count = partitions_.size();
    for (size_t i = 0; i < count; ++i) {
        numbers_[{"orders", PartitionIndex(static_cast<int32_t>(i))}] = i;
        skews_ms_.push_back(static_cast<int64_t>(rng_.below(2 * kMaxSkewMs)) - kMaxSkewMs);
    }
    stamps_.resize(count);
    notes_.resize(kLogs);
    starts_.resize(count);
    producers_.resize(1 + rng_.below(4));
    for (size_t i = 0; i < producers_.size(); ++i) {
        producers_[i].writer.producer = static_cast<int64_t>(i) + 1;
        producers_[i].log = rng_.below(kLogs);
        producers_[i].has_own_epochs = rng_.chance(rules.own_epochs);
    }
}

void SimulatedSource::run() {
    const auto steps = [&](uint64_t most) {
        for (uint64_t i = rng_.below(most + 1); i > 0; --i) {
            step();
        }
    };
    for (int i = 0; i < kSteps; ++i) {
        step();
    }
    look_at_target();
    steps(40);
    clean();
    for (int i = 0; i < kMoments; ++i) {
        look_at_source();
    }
    steps(20);
}

void SimulatedSource::step() {
    now_ms_ += static_cast<int64_t>(rng_.below(rng_.chance(0.02) ? 60'000 : 400));
    if (rng_.chance(0.15)) {
        partitions_[rng_.below(partitions_.size())].plain_header(
            1 + static_cast<int32_t>(rng_.below(300)));
    } else {
        advance(producers_[rng_.below(producers_.size())]);
    }
}

void SimulatedSource::advance(Producer& producer) {
    if (producer.is_frozen) {
        return;
    }
    switch (producer.state) {
        case Producer::State::idle: return begin(producer);
        case Producer::State::writing: return write(producer);
        case Producer::State::marking: return mark(producer);
    }
}

void SimulatedSource::begin(Producer& producer) {
    if (rng_.chance(0.05)) {
        ++producer.writer.epoch;  // it was started anew
        return;
    }
    if (!producer.partitions.empty() && rng_.chance(rules_.second_markers)) {
        return write_marker(producer, producer.partitions.front());  // it was under way for long
    }
    producer.partitions.clear();
    producer.unwritten.clear();
    for (size_t i = 0; i < partitions_.size(); ++i) {
        if (rng_.chance(0.6)) {
            producer.partitions.push_back(i);
            if (!rng_.chance(rules_.empty_partitions)) {
                producer.unwritten.insert(i);
            }
        }
    }
    if (producer.unwritten.empty()) {
        return;
    }
    producer.transaction = transactions_.size();
    transactions_.emplace_back();
    producer.state = Producer::State::writing;
    note(producer, TransactionStatus::ongoing);
}

void SimulatedSource::write(Producer& producer) {
    if (producer.unwritten.empty() && rng_.chance(0.6)) {
        return decide(producer);
    }
    size_t partition = producer.partitions[rng_.below(producer.partitions.size())];
    if (!producer.unwritten.empty()) {
        partition = *producer.unwritten.begin();
    } else if (rules_.empty_partitions > 0) {
        return;  // else what is to be empty would get some
    }
    producer.unwritten.erase(partition);
    BatchLog& log = partitions_[partition];
    const int count = 1 + static_cast<int>(rng_.below(5));
    int32_t& sequence = producer.sequences[{partition, producer.writer.epoch}];
    transactions_[producer.transaction].batches.push_back(
        {partition, Offset(log.end), Offset(log.end + count - 1)});
    log.records(producer.writer, count, sequence);
    sequence += count;
}

void SimulatedSource::decide(Producer& producer) {
    producer.is_committed = !rng_.chance(0.2);
    transactions_[producer.transaction].is_committed = producer.is_committed;
    producer.unmarked = producer.partitions;
    producer.state = Producer::State::marking;
    producer.writer.epoch += producer.has_own_epochs ? 1 : 0;
    note(producer, producer.is_committed ? TransactionStatus::prepare_commit
                                         : TransactionStatus::prepare_abort);
}

void SimulatedSource::mark(Producer& producer) {
    if (producer.unmarked.empty()) {
        note(producer, producer.is_committed ? TransactionStatus::complete_commit
                                             : TransactionStatus::complete_abort);
        producer.state = Producer::State::idle;
        return;
    }
    const size_t which = rng_.below(producer.unmarked.size());
    const size_t partition = producer.unmarked[which];
    if (!rng_.chance(rules_.second_markers)) {
        producer.unmarked.erase(producer.unmarked.begin() + static_cast<int64_t>(which));
    }
    write_marker(producer, partition);
}

void SimulatedSource::write_marker(const Producer& producer, size_t partition) {
    const int64_t stamp_ms = now_ms_ + skews_ms_[partition];
    BatchLog& log = partitions_[partition];
    stamps_[partition].emplace_back(stamp_ms, log.end);
    if (producer.is_committed) {
        log.commit(producer.writer, stamp_ms);
    } else {
        log.abort(producer.writer, stamp_ms);
    }
}

void SimulatedSource::note(const Producer& producer, TransactionStatus status) {
    CoordinatorLog& log = logs_[producer.log];
    const int64_t stamp_ms = now_ms_ + skews_ms_.front();
    notes_[producer.log].emplace_back(stamp_ms, log.end);
    CoordinatorNote entry;
    entry.status = status;
    entry.writer = producer.writer;
    entry.updated_ms = stamp_ms;
    entry.transaction_version = producer.has_own_epochs ? 2 : 0;
    const bool is_over =
        status == TransactionStatus::complete_commit || status == TransactionStatus::complete_abort;
    for (const size_t partition : producer.partitions) {
        if (!is_over) {
            entry.partitions.push_back({"orders", PartitionIndex(static_cast<int32_t>(partition))});
        }
    }
    log.write(entry);
}

Offset SimulatedSource::last_stable_offset(size_t partition) const {
    Offset stable(partitions_[partition].end);
    for (const Producer& producer : producers_) {
        const bool is_unmarked =
            producer.state == Producer::State::writing ||
            (producer.state == Producer::State::marking &&
             std::ranges::find(producer.unmarked, partition) != producer.unmarked.end());
        if (!is_unmarked) {
            continue;
        }
        for (const TransactionRange& batch : transactions_[producer.transaction].batches) {
            if (batch.partition == partition) {
                stable = std::min(stable, batch.first);
            }
        }
    }
    return stable;
}

void SimulatedSource::look_at_target() {
    for (size_t i = 0; i < partitions_.size(); ++i) {
        const Offset stable = last_stable_offset(i);
        const int64_t lag =
            rng_.chance(0.4) ? 0 : static_cast<int64_t>(rng_.below(rng_.chance(0.5) ? 20 : 2000));
        copied_.push_back(Offset(std::max<int64_t>(0, stable.value() - lag)));
    }
    for (Producer& producer : producers_) {
        producer.is_frozen = rng_.chance(rules_.frozen_producers);
    }
}

std::vector<Offset> SimulatedSource::log_ends() const {
    std::vector<Offset> ends;
    for (const CoordinatorLog& log : logs_) {
        ends.emplace_back(log.end);
    }
    return ends;
}

void SimulatedSource::look_at_source() {
    const auto pause = [&] {
        for (uint64_t i = rng_.below(3); i > 0; --i) {
            step();
        }
    };
    SourceMoment& moment = moments_.emplace_back();
    moment.logs_before =
        moments_.size() > 1 ? moments_[moments_.size() - 2].logs_after : log_ends();
    for (const BatchLog& partition : partitions_) {
        pause();
        moment.partitions.emplace_back(partition.end);
    }
    pause();
    moment.logs_after = log_ends();
}

/// Retention and compaction, which leave alone what is not copied yet.
void SimulatedSource::clean() {
    for (size_t i = 0; i < partitions_.size(); ++i) {
        if (rng_.chance(0.3)) {
            const auto wanted =
                static_cast<int64_t>(rng_.below(static_cast<uint64_t>(copied_[i].value()) + 1));
            for (const RecordBatchView& batch : partitions_[i].batches()) {
                if (batch.base_offset().value() <= wanted) {
                    starts_[i] = batch.base_offset();
                }
            }
            partitions_[i].remove_if(
                [&](const RecordBatchView& batch) { return batch.base_offset() < starts_[i]; });
        }
        if (rules_.is_compacted) {
            partitions_[i].remove_if([&](const RecordBatchView& batch) {
                return batch.last_offset() < copied_[i] && !batch.is_control() && rng_.chance(0.1);
            });
        }
    }
    for (CoordinatorLog& log : logs_) {
        if (rules_.is_compacted) {
            log.compact_before(static_cast<int64_t>(rng_.below(static_cast<uint64_t>(log.end))));
        }
    }
}

/// Takes records away, and of some transactions all with their markers.
void SimulatedSource::compact(size_t partition) {
    std::set<int64_t> gone;
    std::map<int64_t, bool> is_all_gone;  // by producer, of what is open
    for (const RecordBatchView& batch : partitions_[partition].batches()) {
        if (batch.last_offset() >= copied_[partition] || batch.producer_id().value() < 0) {
            continue;
        }
        const int64_t producer = batch.producer_id().value();
        if (!batch.is_control()) {
            is_all_gone.try_emplace(producer, rng_.chance(0.1));
        }
        const auto all = is_all_gone.find(producer);
        const bool is_whole = all != is_all_gone.end() && all->second;
        if (is_whole || (!batch.is_control() && rng_.chance(0.05))) {
            gone.insert(batch.base_offset().value());
        }
        if (batch.is_control()) {
            is_all_gone.erase(producer);
        }
    }
    partitions_[partition].remove_if(
        [&](const RecordBatchView& batch) { return gone.contains(batch.base_offset().value()); });
}

std::vector<TransactionExtent> SimulatedSource::truth() const {
    std::vector<std::set<int64_t>> present(partitions_.size());
    for (size_t i = 0; i < partitions_.size(); ++i) {
        for (const RecordBatchView& batch : partitions_[i].batches()) {
            present[i].insert(batch.base_offset().value());
        }
    }
    std::vector<TransactionExtent> extents;
    for (const Transaction& transaction : transactions_) {
        if (!transaction.is_committed) {
            continue;
        }
        std::map<size_t, TransactionRange> ranges;
        for (const TransactionRange& batch : transaction.batches) {
            if (present[batch.partition].contains(batch.first.value())) {
                const auto [range, is_new] = ranges.try_emplace(batch.partition, batch);
                range->second.last = batch.last;
            }
        }
        TransactionExtent& extent = extents.emplace_back();
        for (const auto& [partition, range] : ranges) {
            extent.push_back(range);
        }
    }
    return extents;
}

CutStep SimulatedSource::search() {
    std::vector<Offset> ends = moments_.back().partitions;
    for (size_t i = 0; i < partitions_.size(); ++i) {
        PartitionScan& nothing = scans_.emplace_back();
        nothing.from = nothing.end = nothing.dense_from = ends[i];
    }
    CutSearch steps(copied_, starts_, std::move(ends));
    for (const ScanFrom& from : steps.begin().scans) {
        scans_[from.partition] = scan(from);
    }
    std::optional<TransactionHistory> history;
    while (true) {
        CutStep step = steps.next({scans_, history ? &*history : nullptr, moments_});
        if (step.is_found()) {
            return step;
        }
        if (step.history_since_ms && rules_.has_history) {
            history = read_history(*step.history_since_ms);
        }
        for (const ScanFrom& from : step.scans) {
            const int64_t since_ms = scans_[from.partition].since_ms;
            scanned_again_ += scans_[from.partition].transactions.empty() ? 0 : 1;
            scans_[from.partition] = scan(from);
            scans_[from.partition].since_ms = std::min(since_ms, scans_[from.partition].since_ms);
        }
        for (const ScanSince& since : step.scans_since) {
            scan_since(since);
        }
    }
}

PartitionScan SimulatedSource::scan(const ScanFrom& from) const {
    const Offset end = moments_.back().partitions[from.partition];
    TransactionScanner scanner(from.from, end, from.from <= starts_[from.partition]);
    for (const RecordBatchView& batch : partitions_[from.partition].batches()) {
        if (batch.last_offset() >= from.from && batch.base_offset() < end) {
            scanner.take(batch).value();
        }
    }
    return std::move(scanner).finish();
}

void SimulatedSource::scan_since(const ScanSince& wanted) {
    PartitionScan& known = scans_[wanted.partition];
    std::optional<Offset> first;
    for (const auto& [stamp_ms, offset] : stamps_[wanted.partition]) {
        if (stamp_ms >= wanted.since_ms && Offset(offset) >= starts_[wanted.partition]) {
            first = Offset(offset);
            break;
        }
    }
    const int64_t since_ms = std::min(known.since_ms, wanted.since_ms);
    if (first && *first < known.from) {
        known = scan({wanted.partition, *first});
        ++scanned_again_;
    }
    known.since_ms = std::min(known.since_ms, since_ms);
}

TransactionHistory SimulatedSource::read_history(int64_t since_ms) const {
    TransactionHistoryReader reader(numbers_, logs_.size());
    for (size_t log = 0; log < logs_.size(); ++log) {
        Offset from = moments_.front().logs_before[log];
        for (const auto& [time_ms, offset] : notes_[log]) {
            if (time_ms >= since_ms) {
                from = std::min(from, Offset(offset));
                break;
            }
        }
        reader.begin(log, from);
        for (const RecordBatchView& batch : logs_[log].batches()) {
            if (batch.last_offset() >= from &&
                batch.base_offset() < moments_.back().logs_after[log]) {
                reader.take(batch).value();
            }
        }
    }
    return std::move(reader).finish();
}

}  // namespace lockstep::replication
