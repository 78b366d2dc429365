#include "app/demo_census.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "protocol/records.h"

#include <algorithm>
#include <utility>

namespace lockstep::app {

using protocol::Record;
using protocol::RecordBatchView;
using protocol::RecordReader;

namespace {

constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;  // odd, and its bits look like chance

uint64_t mix(uint64_t digest, uint64_t next) {
    digest = (digest ^ next) * kMultiplier;
    return digest ^ (digest >> 29);
}

uint64_t mix(uint64_t digest, std::optional<ByteView> bytes) {
    return bytes ? mix(mix(digest, bytes->size()), crc32c(*bytes)) : mix(digest, ~uint64_t{0});
}

uint64_t digest_of(const Record& record, int64_t timestamp_ms) {
    uint64_t digest = mix(0, static_cast<uint64_t>(timestamp_ms));
    digest = mix(mix(digest, record.key), record.value);
    for (const protocol::RecordHeader& header : record.headers) {
        digest = mix(mix(digest, as_bytes(header.key)), header.value);
    }
    return digest;
}

/// The batches are those that a broker has checked.
void count_records(const RecordBatchView& batch, Offset from, DemoTally& tally) {
    auto reader = RecordReader::open(batch);
    LS_ASSERT(reader.has_value());
    for (auto record = reader->next();; record = reader->next()) {
        LS_ASSERT(record.has_value());
        if (!*record) {
            return;
        }
        if (reader->offset_of(**record) < from) {
            continue;
        }
        const uint64_t digest = digest_of(**record, reader->timestamp_of(**record));
        ++tally.records;
        tally.digest = mix(tally.digest, digest);
        if ((*record)->key) {
            tally.newest[std::string(as_text(*(*record)->key))] = digest;
        }
    }
}

bool is_aborted(const RecordBatchView& batch,
                const std::vector<sandbox::AbortedTransaction>& aborted) {
    return batch.is_transactional() &&
           std::ranges::any_of(aborted, [&](const sandbox::AbortedTransaction& each) {
               return each.producer_id == batch.producer_id() &&
                      each.first_offset <= batch.base_offset() &&
                      batch.base_offset() <= each.last_offset;
           });
}

/// How many keys of `one` have a newest record that is not that of `other`, or is not there.
uint64_t keys_beside(const DemoTally& one, const DemoTally& other) {
    return static_cast<uint64_t>(std::ranges::count_if(one.newest, [&](const auto& each) {
        const auto found = other.newest.find(each.first);
        return found == other.newest.end() || found->second != each.second;
    }));
}

}  // namespace

DemoOrigin compare_tallies(std::string cluster, const DemoTally& source, const DemoTally& target,
                           DemoCleanup cleanup) {
    DemoOrigin origin;
    origin.cluster = std::move(cluster);
    origin.at_source = source.records;
    if (cleanup == DemoCleanup::compacted) {
        origin.missing = keys_beside(source, target);
        origin.surplus =
            static_cast<uint64_t>(std::ranges::count_if(target.newest, [&source](const auto& each) {
                return !source.newest.contains(each.first);
            }));
        origin.is_same = origin.missing == 0 && origin.surplus == 0;
        return origin;
    }
    const uint64_t common = std::min(source.records, target.records);
    origin.missing = source.records - common;
    origin.surplus = target.records - common;
    origin.is_same = source.records == target.records && source.digest == target.digest;
    return origin;
}

const DemoTally& DemoLogCensus::tally_in(const Tallies& tallies, OriginTag origin) {
    static const DemoTally none;
    const auto found = tallies.find(origin);
    return found == tallies.end() ? none : found->second;
}

void DemoLogCensus::read(const sandbox::PartitionLog& log) {
    if (log.end_offset() < std::max(committed_to_, copied_to_)) {
        *this = DemoLogCensus(home_);
    }
    read_committed(log);
    read_copied(log);
}

void DemoLogCensus::read_committed(const sandbox::PartitionLog& log) {
    const Offset begin = std::max(committed_to_, log.start_offset());
    const Offset end = log.last_stable_offset();
    // All transactions that began before the last stable offset have ended before it.
    const auto aborted = log.aborted_between(begin, end);
    log.segments().for_each(begin, [&](const sandbox::BatchPlace& place, RecordBatchView batch) {
        if (place.base_offset >= end) {
            return false;
        }
        if (!batch.is_control() && !is_aborted(batch, aborted)) {
            const OriginTag origin = origin_of(batch.producer_id()).value_or(home_);
            count_records(batch, begin, committed_[origin]);
        }
        return true;
    });
    committed_to_ = std::max(begin, end);
}

void DemoLogCensus::read_copied(const sandbox::PartitionLog& log) {
    const Offset begin = std::max(copied_to_, log.start_offset());
    log.segments().for_each(begin, [&](const sandbox::BatchPlace&, RecordBatchView batch) {
        const auto origin = origin_of(batch.producer_id());
        if (!batch.is_control() && origin) {
            count_records(batch, begin, copied_[*origin]);
        }
        return true;
    });
    copied_to_ = std::max(begin, log.end_offset());
}

}  // namespace lockstep::app
