#include "replication/aborted_transactions.h"

#include "base/crc32c.h"
#include "base/rng.h"
#include "protocol/record_batch_builder.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {
namespace {

using protocol::ControlType;
using protocol::RecordBatchView;
using Listed = AbortedTransactions::Listed;

/// Where in the log something of a producer is.
struct Place {
    int64_t producer = 0;
    int64_t offset = 0;
};

Listed listed(const Place& first) {
    Listed entry;
    entry.producer_id = first.producer;
    entry.first_offset = first.offset;
    return entry;
}

Bytes records_at(const Place& place, int records,
                 int16_t attributes = protocol::batch_attribute::kTransactional) {
    protocol::RecordBatchBuilder builder({.base_offset = Offset(place.offset),
                                          .producer_id = ProducerId(place.producer),
                                          .producer_epoch = ProducerEpoch(0),
                                          .attributes = attributes});
    for (int i = 0; i < records; ++i) {
        builder.add(1'000, {.value = as_bytes("value")});
    }
    return *builder.build();
}

Bytes marker_at(const Place& place, ControlType type) {
    return protocol::make_control_batch({.type = type,
                                         .offset = Offset(place.offset),
                                         .producer_id = ProducerId(place.producer),
                                         .producer_epoch = ProducerEpoch(0)});
}
Bytes abort_at(const Place& place) {
    return marker_at(place, ControlType::abort);
}
Bytes commit_at(const Place& place) {
    return marker_at(place, ControlType::commit);
}

/// A control batch whose only record has this key and value; none at all where the key is null.
Bytes control_at(const Place& place, const std::optional<Bytes>& key, const Bytes& value = {}) {
    protocol::RecordBatchBuilder builder({.base_offset = Offset(place.offset),
                                          .producer_id = ProducerId(place.producer),
                                          .producer_epoch = ProducerEpoch(0),
                                          .attributes = protocol::batch_attribute::kTransactional |
                                                        protocol::batch_attribute::kControl});
    if (key) {
        builder.add(1'000, {.key = *key, .value = value});
    }
    return *builder.build();
}

Result<bool> shown(AbortedTransactions& transactions, const Bytes& batch) {
    return transactions.covers(*RecordBatchView::open(batch));
}

/// The base offsets of those batches that are covered, "10 13"; the errors where there are any.
std::string covered(AbortedTransactions transactions, const std::vector<Bytes>& batches) {
    std::string offsets;
    for (const Bytes& batch : batches) {
        const auto is_covered = shown(transactions, batch);
        const int64_t offset = RecordBatchView::open(batch)->base_offset().value();
        if (is_covered.has_error()) {
            offsets += fmt::format("[{}: {}]", offset, is_covered.error().message());
        } else if (*is_covered) {
            offsets += offsets.empty() ? fmt::format("{}", offset) : fmt::format(" {}", offset);
        }
    }
    return offsets;
}

TEST(AbortedTransactions, CoverTheBatchesUpToTheAbortMarker_AndNoneAfterIt) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 10})}}),
                      {records_at({1, 8}, 2), records_at({1, 10}, 3), records_at({1, 13}, 2),
                       abort_at({1, 15}), records_at({1, 16}, 2)}),
              "10 13");
}

TEST(AbortedTransactions, CoverNothing_WhenNoneIsListed) {
    const std::vector<Bytes> batches{records_at({1, 10}, 3), abort_at({1, 13}),
                                     records_at({1, 14}, 1), commit_at({1, 15}),
                                     records_at({-1, 16}, 1, 0)};
    EXPECT_EQ(covered(AbortedTransactions(std::nullopt), batches), "");
    EXPECT_EQ(covered(AbortedTransactions(std::vector<Listed>{}), batches), "");
}

TEST(AbortedTransactions, AreTheirOwnProducers_WhenProducersTakeTurns) {
    const std::optional<std::vector<Listed>> list{{listed({1, 10}), listed({3, 12})}};
    EXPECT_EQ(covered(AbortedTransactions(list),
                      {records_at({1, 10}, 1), records_at({2, 11}, 1), records_at({3, 12}, 1),
                       records_at({2, 13}, 1), records_at({1, 14}, 1), abort_at({3, 15}),
                       records_at({3, 16}, 1), records_at({1, 17}, 1), commit_at({2, 18}),
                       abort_at({1, 19}), records_at({1, 20}, 1)}),
              "10 12 14 17");
}

TEST(AbortedTransactions, CoverFromTheFirstBatchOn_WhenBegunBeforeTheFetch) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 5})}}),
                      {records_at({1, 20}, 2), records_at({2, 22}, 2), records_at({1, 24}, 2),
                       abort_at({1, 26}), records_at({1, 27}, 2)}),
              "20 24");
}

TEST(AbortedTransactions, EndWithTheMarker_WhenOnlyThatIsInTheFetch) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 5})}}),
                      {abort_at({1, 20}), records_at({1, 21}, 2)}),
              "");
}

TEST(AbortedTransactions, BeginWithTheBatchThatHoldsTheirFirstOffset) {
    const Bytes batch = records_at({1, 10}, 5);
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 10})}}), {batch}), "10");
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 14})}}), {batch}), "10");
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 15})}}), {batch}), "");
}

TEST(AbortedTransactions, OfOneProducer_EachEndWithTheirOwnMarker) {
    const std::optional<std::vector<Listed>> list{
        {listed({1, 10}), listed({1, 12}), listed({1, 17})}};
    EXPECT_EQ(covered(AbortedTransactions(list),
                      {records_at({1, 10}, 1), abort_at({1, 11}), records_at({1, 12}, 1),
                       abort_at({1, 13}), records_at({1, 14}, 2), commit_at({1, 16}),
                       records_at({1, 17}, 1), abort_at({1, 18}), records_at({1, 19}, 1)}),
              "10 12 17");
}

// Nothing says in which order a broker lists them.
TEST(AbortedTransactions, MayBeListedInAnyOrder) {
    const std::optional<std::vector<Listed>> list{
        {listed({1, 17}), listed({2, 11}), listed({1, 10})}};
    EXPECT_EQ(covered(AbortedTransactions(list),
                      {records_at({1, 10}, 1), records_at({2, 11}, 1), abort_at({1, 12}),
                       records_at({1, 13}, 1), commit_at({1, 14}), records_at({2, 15}, 1),
                       abort_at({2, 16}), records_at({1, 17}, 1)}),
              "10 11 15 17");
}

TEST(AbortedTransactions, DoNotCoverPlainBatchesOfTheSameProducer) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 10})}}),
                      {records_at({1, 10}, 1), records_at({1, 11}, 1, 0), records_at({1, 12}, 1),
                       records_at({-1, 13}, 1, 0), abort_at({1, 14})}),
              "10 12");
}

TEST(AbortedTransactions, AreNotEnded_ByACommitMarker) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 10})}}),
                      {records_at({1, 10}, 1), commit_at({1, 11}), records_at({1, 12}, 1),
                       abort_at({1, 13}), records_at({1, 14}, 1)}),
              "10 12");
}

TEST(AbortedTransactions, AreNotEnded_ByAnotherProducersMarker) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 10})}}),
                      {records_at({1, 10}, 1), abort_at({2, 11}), commit_at({2, 12}),
                       records_at({1, 13}, 1)}),
              "10 13");
}

// The cleaner keeps a producer's last batch, without its record, once the marker has expired.
TEST(AbortedTransactions, AreNotEnded_ByAControlBatchWithoutRecords) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 10})}}),
                      {records_at({1, 10}, 1), control_at({1, 11}, std::nullopt),
                       records_at({1, 12}, 1)}),
              "10 12");
}

TEST(AbortedTransactions, AreNotEnded_ByControlRecordsOfOtherKinds) {
    EXPECT_EQ(covered(AbortedTransactions({{listed({1, 10})}}),
                      {records_at({1, 10}, 1), control_at({1, 11}, Bytes{0, 0, 0, 2}),
                       records_at({1, 12}, 1)}),
              "10 12");
}

TEST(AbortedTransactions, SayMalformed_WhenAMarkerCannotBeRead) {
    const Bytes good_value{0, 0, 0, 0, 0, 7};
    const std::vector<std::pair<Bytes, Bytes>> markers{
        {{}, good_value}, {{0, 0, 0}, good_value}, {{0, 0, 0, 0}, {0, 0, 0, 0, 0}}};
    for (const auto& [key, value] : markers) {
        AbortedTransactions transactions({{listed({1, 10})}});
        ASSERT_TRUE(*shown(transactions, records_at({1, 10}, 1)));
        const auto ended = shown(transactions, control_at({1, 11}, key, value));
        ASSERT_TRUE(ended.has_error()) << key.size();
        EXPECT_TRUE(ended.error().is(Errc::malformed)) << ended.error().message();
    }
}

TEST(AbortedTransactions, SayMalformed_WhenAControlBatchsRecordsAreDamaged) {
    AbortedTransactions transactions({{listed({1, 10})}});
    ASSERT_TRUE(*shown(transactions, records_at({1, 10}, 1)));
    Bytes damaged = abort_at({1, 11});
    damaged[protocol::batch_layout::kHeaderSize] = 0x7e;  // the record's size: 63, far too many
    store_big_endian(damaged.data() + protocol::batch_layout::kCrc,
                     crc32c(ByteView(damaged).subspan(protocol::batch_layout::kAttributes)));
    const auto ended = shown(transactions, damaged);
    ASSERT_TRUE(ended.has_error());
    EXPECT_TRUE(ended.error().is(Errc::malformed)) << ended.error().message();
}

TEST(AbortedTransactions, NeverCoverMarkers) {
    AbortedTransactions transactions({{listed({1, 10})}});
    EXPECT_FALSE(*shown(transactions, commit_at({1, 10})));
    EXPECT_FALSE(*shown(transactions, abort_at({1, 11})));
}

/// A log of several producers, with what a broker would answer to a fetch from it.
class RandomLog {
public:
    explicit RandomLog(uint64_t seed) : rng_(seed) {
        while (end_ < 300) {
            step();
        }
        for (const auto& [producer, transaction] : open_) {
            append(abort_at({producer, end_}), 1);
            finish(transaction, true);
        }
    }

    struct Batch {
        Bytes bytes;
        int64_t last_offset = 0;
        std::optional<size_t> transaction;
    };
    struct Transaction {
        Place first;
        int64_t marker_offset = 0;
        bool is_aborted = false;
    };

    const std::vector<Batch>& batches() const { return batches_; }
    bool is_aborted(const Batch& batch) const {
        return batch.transaction && transactions_[*batch.transaction].is_aborted;
    }
    /// The aborted ones that a fetch from `offset` on would meet, as brokers select them.
    std::vector<Listed> listed_from(int64_t offset) const {
        std::vector<Listed> list;
        for (const Transaction& transaction : transactions_) {
            if (transaction.is_aborted && transaction.marker_offset >= offset) {
                list.push_back(listed(transaction.first));
            }
        }
        return list;
    }
    int64_t end() const { return end_; }

private:
    void step() {
        const auto producer = static_cast<int64_t>(rng_.below(4));
        const auto found = open_.find(producer);
        if (found != open_.end() && rng_.chance(0.3)) {
            const bool is_aborted = rng_.chance(0.5);
            append(is_aborted ? abort_at({producer, end_}) : commit_at({producer, end_}), 1);
            finish(found->second, is_aborted);
            open_.erase(found);
            return;
        }
        const int count = static_cast<int>(1 + rng_.below(4));
        if (found == open_.end() && rng_.chance(0.3)) {
            append(records_at({producer, end_}, count, 0), count);
            return;
        }
        const size_t transaction = found == open_.end() ? begin(producer) : found->second;
        append(records_at({producer, end_}, count), count);
        batches_.back().transaction = transaction;
    }

    size_t begin(int64_t producer) {
        transactions_.push_back({{producer, end_}, 0, false});
        open_[producer] = transactions_.size() - 1;
        return transactions_.size() - 1;
    }
    void finish(size_t transaction, bool is_aborted) {
        transactions_[transaction].marker_offset = end_ - 1;
        transactions_[transaction].is_aborted = is_aborted;
    }
    void append(Bytes bytes, int count) {
        end_ += count;
        batches_.push_back({std::move(bytes), end_ - 1, std::nullopt});
    }

    Rng rng_;
    std::vector<Batch> batches_;
    std::vector<Transaction> transactions_;
    std::map<int64_t, size_t> open_;  // producer to transaction
    int64_t end_ = 0;
};

TEST(AbortedTransactions, AreFoundAll_WhereverTheFetchBegins) {
    int aborted_batches = 0;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const RandomLog log(seed);
        for (int64_t from = 0; from < log.end(); from += 7) {
            AbortedTransactions transactions(log.listed_from(from));
            for (const RandomLog::Batch& batch : log.batches()) {
                if (batch.last_offset < from) {
                    continue;
                }
                const auto is_covered = shown(transactions, batch.bytes);
                ASSERT_TRUE(is_covered.has_value()) << is_covered.error().message();
                ASSERT_EQ(*is_covered, log.is_aborted(batch))
                    << "seed " << seed << ", fetch from " << from << ", batch that ends at "
                    << batch.last_offset;
                aborted_batches += *is_covered ? 1 : 0;
            }
        }
    }
    EXPECT_GT(aborted_batches, 1'000);  // else the logs would be too easy
}

}  // namespace
}  // namespace lockstep::replication
