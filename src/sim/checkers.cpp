#include "sim/checkers.h"

#include "protocol/records.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace lockstep::sim {

using protocol::RecordBatchView;
using protocol::RecordReader;

namespace {

std::string headers_of(const protocol::Record& record) {
    std::string headers;
    for (const protocol::RecordHeader& header : record.headers) {
        headers += fmt::format("{}={};", header.key, as_text(header.value.value_or(ByteView{})));
    }
    return headers;
}

}  // namespace

/// Filler has neither key nor value, nor headers.
SeenRecord seen_record(const RecordReader& reader, const protocol::Record& record) {
    SeenRecord seen;
    seen.offset = reader.offset_of(record).value();
    seen.timestamp_ms = reader.timestamp_of(record);
    seen.headers = headers_of(record);
    seen.key = record.key ? std::string(as_text(*record.key)) : kNullKey;
    if (record.value) {
        seen.value = std::string(as_text(*record.value));
    } else if (!record.headers.empty()) {
        seen.value = null_value(seen.headers);
    }
    return seen;
}

std::vector<SeenRecord> consume(const sandbox::PartitionLog& log, Offset from) {
    std::vector<SeenRecord> seen;
    const Offset start = std::max(from, log.start_offset());
    const Offset end = log.last_stable_offset();
    const auto aborted = log.aborted_between(start, end);
    const auto is_aborted = [&](const RecordBatchView& batch) {
        for (const sandbox::AbortedTransaction& one : aborted) {
            if (batch.is_transactional() && one.producer_id == batch.producer_id() &&
                one.first_offset <= batch.base_offset() && batch.last_offset() < one.last_offset) {
                return true;
            }
        }
        return false;
    };
    log.segments().for_each(start, [&](const auto&, const RecordBatchView& batch) {
        if (batch.base_offset() >= end) {
            return false;
        }
        if (batch.is_control() || is_aborted(batch)) {
            return true;
        }
        auto reader = RecordReader::open(batch);
        while (reader.has_value()) {
            auto next = reader->next();
            if (next.has_error() || !next->has_value()) {
                break;
            }
            const Offset offset = reader->offset_of(**next);
            if (offset >= start) {
                seen.push_back(seen_record(*reader, **next));
            }
        }
        return true;
    });
    return seen;
}

namespace {

/// Where a record belongs: in which of the log's histories, and at which offset.
struct TruePlace {
    int history = 0;
    int64_t offset = -1;

    auto operator<=>(const TruePlace&) const = default;
};

struct Original {
    TruePlace place;
    const TrueRecord* record = nullptr;
    std::optional<int> lost_in;  // the first history that is without it
};

std::unordered_map<std::string_view, Original> by_value(const TruePartition& truth) {
    std::unordered_map<std::string_view, Original> originals;
    for (const auto& [offset, record] : truth.records) {
        originals[record.value] = {{record.history, offset}, &record, {}};
    }
    for (const GoneRecord& gone : truth.gone) {
        originals[gone.record.value] = {
            {gone.record.history, gone.offset}, &gone.record, gone.lost_in};
    }
    return originals;
}

bool is_filler(const SeenRecord& record) {
    return record.value.empty();
}

}  // namespace

std::vector<std::string> CopyCheck::safety(const TruePartition& truth,
                                           const std::vector<SeenRecord>& copied) const {
    std::vector<std::string> problems;
    const auto originals = by_value(truth);
    std::unordered_map<std::string_view, int64_t> met;
    TruePlace last;
    std::optional<std::pair<int, int64_t>> lost;  // since which history, which offset
    for (const SeenRecord& record : copied) {
        const auto at = [&] { return fmt::format("\"{}\" at {}", record.value, record.offset); };
        const auto found = originals.find(record.value);
        if (found == originals.end()) {
            if (!is_filler(record)) {
                problems.push_back("nothing invented: " + at());
            }
            continue;
        }
        const auto& [place, original, lost_in] = found->second;
        if (!met.emplace(record.value, record.offset).second) {
            problems.push_back(
                fmt::format("nothing doubled: {} is at {} already", at(), met[record.value]));
        } else if (place < last) {
            problems.push_back(fmt::format("order kept: {} is {} at the source, behind {}", at(),
                                           place.offset, last.offset));
        }
        last = std::max(last, place);
        const bool continues =
            truth.was_recreated && rules_.on_recreated == RecreatedRule::continue_behind;
        if (lost && place.history >= lost->first && !continues && !truth.may_lack_evidence) {
            problems.push_back(fmt::format("nothing mixed: {} follows on {}, which the source lost",
                                           at(), lost->second));
        }
        if (lost_in && (!lost || *lost_in < lost->first)) {
            lost = {*lost_in, place.offset};
        }
        if (original->fate != Fate::committed) {
            problems.push_back("nothing aborted: " + at());
        }
        if (original->headers != record.headers) {
            problems.push_back(fmt::format("nothing invented: {} has other headers", at()));
        }
        if (original->key != record.key || original->timestamp_ms != record.timestamp_ms) {
            problems.push_back(fmt::format("nothing invented: {} has key {}, time {}, not {}, {}",
                                           at(), record.key, record.timestamp_ms, original->key,
                                           original->timestamp_ms));
        }
        if (rules_.offsets == OffsetsMode::preserve && record.offset != place.offset) {
            problems.push_back(
                fmt::format("offsets equal: {} is {} at the source", at(), place.offset));
        }
    }
    return problems;
}

/// The copies of records come in their order, so that not many have to be looked at.
std::vector<std::string> CopyCheck::honesty(const std::vector<SeenRecord>& source,
                                            const std::vector<SeenRecord>& copied, Offset claimed) {
    std::set<std::string_view> there;
    for (auto record = copied.rbegin(); record != copied.rend(); ++record) {
        there.insert(record->value);
        if (!source.empty() && record->value == source.front().value) {
            break;
        }
    }
    for (const SeenRecord& record : source) {
        if (record.offset < claimed.value() && !there.contains(record.value)) {
            return {
                fmt::format("nothing said early: \"{}\", {} at the source, is not there, though "
                            "all before {} is said to be copied",
                            record.value, record.offset, claimed.value())};
        }
    }
    return {};
}

bool CopyCheck::may_block(const TruePartition& truth, const std::vector<SeenRecord>& copied,
                          const std::string& reason) const {
    const auto says = [&reason](std::string_view what) { return reason.find(what) != reason.npos; };
    const bool is_overrun = truth.overtaken_records > 0 && rules_.on_overrun == OverrunRule::stop;
    if (is_overrun && says("the source has deleted offsets [")) {
        return true;
    }
    const bool is_another = truth.was_recreated && rules_.on_recreated == RecreatedRule::stop;
    if (is_another && says("was deleted at the source and created again")) {
        return true;
    }
    // Not where what the source lost had not been copied.
    const auto originals = by_value(truth);
    const bool has_lost = std::ranges::any_of(copied, [&](const SeenRecord& record) {
        const auto found = originals.find(record.value);
        return found != originals.end() && found->second.lost_in;
    });
    return (truth.was_cut || is_another) && has_lost && says("has lost offsets [");
}

std::vector<std::string> CopyCheck::silence(const TruePartition& truth,
                                            const std::vector<SeenRecord>& copied,
                                            const Said& said) const {
    if (!said.blocked_because.empty()) {
        return {};
    }
    std::vector<std::string> problems = miscounted(truth, said);
    if (truth.overtaken_records > 0 && rules_.on_overrun == OverrunRule::stop) {
        problems.push_back(fmt::format(
            "nothing silent: {} records were deleted before they were copied, and it goes on",
            truth.overtaken_records));
    }
    if (truth.had_copy_before && rules_.on_recreated == RecreatedRule::stop) {
        problems.emplace_back(
            "nothing silent: the topic that was copied is another one now, and it goes on");
    }
    if (truth.may_lack_evidence) {
        return problems;
    }
    const auto originals = by_value(truth);
    for (const SeenRecord& record : copied) {
        const auto found = originals.find(record.value);
        const bool is_kept =
            truth.was_recreated && rules_.on_recreated == RecreatedRule::continue_behind;
        if (found != originals.end() && found->second.lost_in && !is_kept) {
            problems.push_back(
                fmt::format("nothing silent: \"{}\" at {}, which the source lost, and it goes on",
                            record.value, record.offset));
            break;
        }
    }
    return problems;
}

/// Where it goes on behind what it has lost.
std::vector<std::string> CopyCheck::miscounted(const TruePartition& truth, const Said& said) const {
    if (truth.was_cut || truth.was_recreated) {
        return {};
    }
    const auto lost = static_cast<uint64_t>(truth.overtaken_records);
    if (rules_.on_overrun == OverrunRule::continue_past && said.lost_offsets < lost) {
        return {
            fmt::format("nothing silent: {} records were deleted before they were copied, and "
                        "{} offsets are said to be lost",
                        lost, said.lost_offsets)};
    }
    if (lost == 0 && said.lost_offsets > 0) {
        return {fmt::format("no false alarm: {} offsets are said to be lost", said.lost_offsets)};
    }
    return {};
}

std::vector<std::string> CopyCheck::completeness(const std::vector<SeenRecord>& source,
                                                 const std::vector<SeenRecord>& copied) const {
    std::vector<std::string> problems;
    std::set<std::string_view> there;
    for (const SeenRecord& record : copied) {
        there.insert(record.value);
        if (is_filler(record)) {
            problems.push_back(fmt::format("nothing invented: filler at {}", record.offset));
        }
    }
    // Compaction on the target may take away all but the newest record of a key.
    std::unordered_map<std::string_view, int64_t> newest;
    for (const SeenRecord& record : source) {
        newest[record.key] = record.offset;
    }
    for (const SeenRecord& record : source) {
        const bool may_be_compacted =
            plan_.kind == TopicKind::compacted && newest[record.key] != record.offset;
        if (!there.contains(record.value) && !may_be_compacted) {
            problems.push_back(
                fmt::format("nothing lost: \"{}\", {} at the source", record.value, record.offset));
        }
    }
    return problems;
}

std::optional<std::string> memory_problem(const std::string& worker, int64_t held_bytes,
                                          const MemoryRule& rule) {
    constexpr int64_t kLargestAnswer = 256 << 10;
    if (held_bytes <= rule.limit_bytes + kLargestAnswer * rule.readers) {
        return std::nullopt;
    }
    return fmt::format("bounded memory: {} holds {} bytes of records, {} are allowed", worker,
                       held_bytes, rule.limit_bytes);
}

std::optional<std::string> RefusalCheck::look(uint64_t errors) {
    const uint64_t before = std::exchange(errors_, errors).value_or(errors);
    if (errors == before) {
        return std::nullopt;
    }
    return fmt::format("nothing refused: {} errors, {} before", errors, before);
}

}  // namespace lockstep::sim
