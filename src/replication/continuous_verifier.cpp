#include "replication/continuous_verifier.h"

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "replication/log_reader.h"

#include <fmt/format.h>

#include <tuple>

namespace lockstep::replication {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr auto kPause = std::chrono::seconds(1);  // between looks at what was compared to the end
constexpr auto kPauseForEach = std::chrono::microseconds(200);  // that was looked at, beside that
constexpr auto kShortestSample = std::chrono::milliseconds(500);
constexpr auto kCleanupsAge = std::chrono::minutes(1);
constexpr int32_t kMostChunkBytes = 2 << 20;
constexpr int kChunksInARow = 8;        // of one partition, before it is the next one's turn
constexpr int kPartitionsInARow = 256;  // passed over, before others may use the loop
/// What a look costs, however little there was to read: many idle partitions are no load then.
constexpr int64_t kLeastCharge = 64 << 10;
constexpr size_t kToldOffsets = 10;
/// Of the loop's time, comparing takes a fifth.
constexpr Manners kManners{std::chrono::microseconds(250), 4};

bool is_damage(const Error& error) {
    return error.is(Errc::checksum_mismatch) || error.is(Errc::malformed);
}

/// "17 (differs), 18 (only at the source), and 3 more".
std::string offsets_of(const ComparedRecords& found) {
    std::string text;
    for (size_t i = 0; i < std::min(found.first.size(), kToldOffsets); ++i) {
        const Difference& each = found.first[i];
        text +=
            fmt::format("{}{} ({})", i == 0 ? "" : ", ", each.offset.value(), to_string(each.kind));
    }
    return found.differences > kToldOffsets
               ? text + fmt::format(", and {} more", found.differences - kToldOffsets)
               : text;
}

/// What is behind a transaction that is open is not behind yet.
int64_t lag_of(const PartitionStatus& status) {
    if (!status.open_transaction || !status.next_offset) {
        return status.lag_records();
    }
    return std::max<int64_t>(0, status.open_transaction->first_offset - *status.next_offset);
}

/// Whether the source, which keeps the partition blocked, ends before what was compared.
bool has_lost_end(const PartitionStatus& status, Offset compared_to) {
    return status.state == PartitionState::blocked && status.source_high_watermark &&
           *status.source_high_watermark < compared_to;
}

/// What the target has too much in a part of the source's log is told as at its begin.
void in_source_offsets(Offset begin, ComparedRecords& found) {
    for (Difference& each : found.first) {
        if (each.kind == Difference::Kind::only_on_target) {
            each.offset = begin;
        }
    }
}

/// What is true of both.
VerifiedStatus together(const VerifiedStatus& one, const VerifiedStatus& other) {
    VerifiedStatus both = one;
    both.from = std::max(one.from, other.from);
    both.to = std::min(one.to, other.to);
    both.compared_to = std::min(one.compared_to, other.compared_to);
    both.records += other.records;
    both.compacted += other.compacted;
    both.differences += other.differences;
    const auto& first = other.first_difference;
    if (first && (!both.first_difference || first->offset < both.first_difference->offset)) {
        both.first_difference = first;
    }
    both.problem = one.problem.empty() ? other.problem : one.problem;
    return both;
}

}  // namespace

void ContinuousVerifier::add_to(std::vector<PartitionStatus>& partitions) const {
    auto next = proofs_.begin();
    for (PartitionStatus& partition : partitions) {
        while (next != proofs_.end() && next->first.partition < partition.id) {
            ++next;  // not copied any more
        }
        for (; next != proofs_.end() && next->first.partition == partition.id; ++next) {
            const auto& status = next->second.progress.status();
            if (status && partition.state != PartitionState::elsewhere) {  // else proved there
                partition.verified =
                    partition.verified ? together(*partition.verified, *status) : *status;
            }
        }
    }
}

Task<void> ContinuousVerifier::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const bool has_more = co_await pass(stop);
        if (!has_more) {
            co_await runtime::sleep_for(loop(), kPause + kPauseForEach * proofs_.size(), stop);
        }
    }
}

/// Goes through all partitions once; says whether one of them has more to compare.
Task<bool> ContinuousVerifier::pass(std::stop_token stop) {
    bool has_more = false;
    std::optional<CopyId> last;
    while (!stop.stop_requested()) {
        const Part part = pass_over(last);
        if (part.due != nullptr) {
            has_more |= co_await look(*part.last, *part.due, stop);
        } else if (part.is_end) {
            break;
        } else {
            co_await runtime::sleep_for(loop(), runtime::Duration(0), stop);
        }
        last = part.last;
    }
    co_return has_more;
}

/// Behind `last`, up to the next that is due; not too many at once.
ContinuousVerifier::Part ContinuousVerifier::pass_over(const std::optional<CopyId>& last) {
    Part part{last, nullptr, true};
    int passed = 0;
    auto proof = last ? proofs_.upper_bound(*last) : proofs_.begin();
    services_.visit_copied(last ? &*last : nullptr, [&](const CopiedPartition& copy) {
        const auto is_before = [&](const CopyId& id) {
            return std::tie(id.partition, id.stream) < std::tie(copy.status.id, copy.stream);
        };
        while (proof != proofs_.end() && is_before(proof->first)) {
            ++proof;  // not copied any more
        }
        if (proof == proofs_.end() || proof->first.partition != copy.status.id ||
            proof->first.stream != copy.stream) {
            proof = proofs_.try_emplace(proof, CopyId{copy.status.id, copy.stream});
        }
        const bool is_found = is_due(copy, proof->second);
        part.is_end = !is_found && ++passed < kPartitionsInARow;
        if (!part.is_end) {
            part.last = proof->first;
            part.due = is_found ? &proof->second : nullptr;
        }
        return part.is_end;
    });
    return part;
}

bool ContinuousVerifier::is_due(const CopiedPartition& partition, Proof& proof) {
    const PartitionStatus& status = partition.status;
    const bool is_running = status.state == PartitionState::running;
    if ((!is_running && status.state != PartitionState::blocked) || !status.source_log_start ||
        !status.source_high_watermark || !status.target_log_end) {
        return false;
    }
    sample_speed(status, proof);
    if (loop().now() < proof.not_before ||
        (is_running && is_catching_up(lag_of(status), proof.copied_per_second))) {
        return false;
    }
    const bool has_begun = proof.progress.status().has_value();
    const bool is_another = has_begun && proof.records != partition.records;
    if (is_another) {
        cleanups_.erase(status.id.topic);
    }
    if (!has_begun || is_another) {
        proof.progress.begin(
            std::max(*status.source_log_start, partition.begins_at.value_or(Offset(0))));
        proof.records = partition.records;
        proof.target_next.reset();
        proof.is_damage_told = false;
    }
    if (partition.translated) {
        return status.next_offset && proof.progress.next() < *status.next_offset;
    }
    // Somebody else may have written behind what a blocked partition is known to hold.
    const Offset end = is_running ? std::min(*status.target_log_end, *status.source_high_watermark)
                                  : *status.source_high_watermark;
    return proof.progress.next() < end || has_lost_end(status, proof.progress.next());
}

void ContinuousVerifier::sample_speed(const PartitionStatus& status, Proof& proof) {
    const auto now = loop().now();
    const auto passed = now - proof.sampled_at;
    if (passed < kShortestSample) {
        return;
    }
    // One that was created again counts anew.
    const uint64_t copied =
        status.copied_records - std::min(status.copied_records, proof.sampled_records);
    proof.copied_per_second =
        static_cast<double>(copied) / std::chrono::duration<double>(passed).count();
    proof.sampled_at = now;
    proof.sampled_records = status.copied_records;
}

/// One partition's turn; says whether it has more to compare.
Task<bool> ContinuousVerifier::look(CopyId id, Proof& proof, std::stop_token stop) {
    for (int chunk = 0; chunk < kChunksInARow; ++chunk) {
        while (loop().now() < services_.rate.free_at() && !stop.stop_requested()) {
            co_await runtime::sleep_until(loop(), services_.rate.free_at(), stop);
        }
        auto compared = co_await compare(id, proof, stop);
        if (stop.stop_requested()) {
            co_return false;
        }
        if (compared.has_error()) {
            on_failed(id.partition, proof, compared.error());
            co_return false;
        }
        proof.backoff.reset();
        proof.progress.set_problem("");
        if (*compared == Found::all_that_is_there) {
            proof.not_before = loop().now() + kPause;
            co_return false;
        }
    }
    co_return true;
}

/// Compares the chunk from next() on.
Task<Result<ContinuousVerifier::Found>> ContinuousVerifier::compare(const CopyId& copy,
                                                                    Proof& proof,
                                                                    std::stop_token stop) {
    const TopicPartition& id = copy.partition;
    auto described = co_await cleanup_of(copy, stop);
    LS_CO_TRY(cleanup, std::move(described));
    const Offset begin = proof.progress.next();
    if (const auto copied = services_.copied(copy); copied && has_lost_end(copied->status, begin)) {
        LS_CO_CHECK(co_await look_at_logs(copy, proof, stop));
        co_return Found::all_that_is_there;
    }
    LS_CO_TRY(next, next_of(copy, proof));
    if (!next) {
        LS_CO_CHECK(co_await look_at_logs(copy, proof, stop));
        co_return Found::all_that_is_there;
    }
    auto reading = co_await read(next->source, next->at_target(), stop);
    if (reading.has_error() && reading.error().code == KafkaError::offset_out_of_range) {
        LS_CO_CHECK(co_await look_at_logs(copy, proof, stop));
        co_return Found::all_that_is_there;
    }
    LS_CO_TRY(chunk, std::move(reading));
    const bool is_target_read = next->at_target().has_value();
    if (next->translated && is_target_read && chunk.target.records.empty()) {
        // Nobody has written there; what the source has next may have been passed over.
        auto source_alone = co_await read(next->source, std::nullopt, stop);
        LS_CO_TRY(behind, std::move(source_alone));
        chunk = std::move(behind);
    }
    LS_CO_TRY(source_end, end_of_batches(chunk.source.records, begin));
    LS_CO_TRY(target_end, end_of_batches(chunk.target.records, next->target.offset));
    const CommonPlace ends{source_end, target_end};
    const Offset kept_end = std::min(source_end, target_end);
    const CommonPlace end = next->translated ? common_end(*next->translated, ends, next->copied_to)
                                             : CommonPlace{kept_end, kept_end};
    const bool has_news = end.source > begin || end.target > next->target.offset;
    if (end.source < begin || !has_news) {
        co_return Found::all_that_is_there;
    }
    LogCursor source(services_.source, next->source, end.source);
    source.give(std::move(chunk.source));
    LogCursor target(services_.target, next->target, end.target);
    target.give(std::move(chunk.target));
    if (next->translated) {
        source.see(view_of_source(*next->translated));
        target.see(view_of_target(*next->translated));
    }
    ComparedRecords found;
    const ComparisonRules rules{cleanup, services_.append_time};
    LogComparison comparison(std::move(source), std::move(target), rules, found);
    comparison.be_polite(kManners);
    LS_CO_CHECK(co_await comparison.run(stop));
    if (next->translated) {
        in_source_offsets(begin, found);
    }
    const auto verdict = proof.progress.take(found, end.source);
    if (verdict != ProofProgress::Verdict::doubted && is_target_read) {
        proof.target_next = end.target;
    }
    on_verdict(id, proof, verdict, found);
    co_return chunk.has_more&& verdict != ProofProgress::Verdict::doubted
        ? Found::more
        : Found::all_that_is_there;
}

/// Nothing where the logs have to be looked at first.
Result<std::optional<ContinuousVerifier::Next>> ContinuousVerifier::next_of(
    const CopyId& copy, const Proof& proof) const {
    const TopicPartition& id = copy.partition;
    const auto copied = services_.copied(copy);
    if (!copied) {
        return std::optional<Next>();  // it is none any more
    }
    const Offset begin = proof.progress.next();
    const TopicPartition& there = copied->target;
    const auto source_leader = services_.source.metadata().leader_of(id);
    const auto target_leader = services_.target.metadata().leader_of(there);
    if (!source_leader || !target_leader) {
        const client::Cluster& cluster = source_leader ? services_.target : services_.source;
        return Error(make_error_code(KafkaError::leader_not_available),
                     fmt::format("{} has no leader on {}", (source_leader ? there : id).to_string(),
                                 cluster.name()));
    }
    Next next{{source_leader->leader, id, begin}, {target_leader->leader, there, begin}, {}, {}};
    if (copied->translated) {
        const auto place = common_place(*copied->translated, begin);
        if (place) {
            next.target.offset = proof.target_next.value_or(place->target);
        } else if (copied->translated->is_empty()) {
            next.target.offset = Offset(0);  // the source must not have any, either
        } else {
            return std::optional<Next>();
        }
        next.copied_to = copied->status.next_offset.value_or(begin);
        next.translated = copied->translated;
    }
    return std::optional(std::move(next));
}

Task<Result<ContinuousVerifier::Chunk>> ContinuousVerifier::read(
    client::LogPlace at_source, std::optional<client::LogPlace> at_target, std::stop_token stop) {
    const client::LogFetch how{client::Purpose::verify,
                               services_.rate.chunk_bytes(kMostChunkBytes)};
    services_.rate.charge(kLeastCharge, loop().now());
    Chunk chunk;
    client::FetchedLog target;
    if (at_target) {
        auto target_fetched = co_await fetch_log(services_.target, *at_target, how, stop);
        LS_CO_TRY(fetched, std::move(target_fetched));
        if (fetched.records.empty()) {
            co_return chunk;  // what a blocked partition lacks need not be read at the source
        }
        target = std::move(fetched);
    }
    auto source_fetched = co_await fetch_log(services_.source, std::move(at_source), how, stop);
    LS_CO_TRY(source, std::move(source_fetched));
    const auto most = std::max(source.records.size(), target.records.size());
    services_.rate.charge(std::max<int64_t>(0, static_cast<int64_t>(most) - kLeastCharge),
                          loop().now());
    chunk.has_more = most >= static_cast<size_t>(how.max_bytes) / 2;
    chunk.source = std::move(source);
    chunk.target = std::move(target);
    co_return chunk;
}

/// One of the logs does not hold next() any more, or not yet.
Task<Result<void>> ContinuousVerifier::look_at_logs(const CopyId& copy, Proof& proof,
                                                    std::stop_token stop) {
    const TopicPartition& id = copy.partition;
    const auto there = on_target(copy);
    if (!there) {
        co_return Result<void>();  // it is none any more
    }
    const std::vector<TopicPartition> source_ids{id};
    const std::vector<TopicPartition> target_ids{*there};
    const auto source_leader = services_.source.metadata().leader_of(id);
    const auto target_leader = services_.target.metadata().leader_of(*there);
    if (!source_leader || !target_leader) {
        co_return Result<void>();  // the next look says so
    }
    const LogEnds at_target =
        co_await read_ends(services_.target, target_leader->leader, target_ids, stop);
    const LogEnds at_source =
        co_await read_ends(services_.source, source_leader->leader, source_ids, stop);
    LS_CO_TRY(logs, logs_from(at_source, at_target, {id, *there}));
    const auto copied = services_.copied(copy);
    const Offset target_start = logs.target_start;
    if (copied && copied->translated) {
        logs = in_source_offsets(*copied->translated, logs,
                                 copied->status.next_offset.value_or(logs.source_end));
        logs.source_start = std::max(logs.source_start, copied->begins_at.value_or(Offset(0)));
    }
    const Offset before = proof.progress.next();
    const auto move = proof.progress.on_logs(logs);
    if (move == ProofProgress::Move::stays && proof.target_next) {
        proof.target_next = std::max(*proof.target_next, target_start);
    } else {
        proof.target_next.reset();
    }
    if (move == ProofProgress::Move::passed) {
        log::debug("link {}: {}: offsets [{}, {}) were deleted before they were compared",
                   services_.link, id.to_string(), before.value(), proof.progress.next().value());
    } else if (move == ProofProgress::Move::anew) {
        log::info(
            "link {}: {}: compared to offset {}, but now one log ends before that: comparing "
            "anew from offset {}",
            services_.link, id.to_string(), before.value(), proof.progress.next().value());
    }
    co_return Result<void>();
}

std::optional<TopicPartition> ContinuousVerifier::on_target(const CopyId& copy) const {
    const auto copied = services_.copied(copy);
    return copied ? std::optional(copied->target) : std::nullopt;
}

Task<Result<Cleanup>> ContinuousVerifier::cleanup_of(CopyId copy, std::stop_token stop) {
    const std::string topic = copy.partition.topic;
    const auto known = cleanups_.find(topic);
    if (known != cleanups_.end() && loop().now() < known->second.second) {
        co_return known->second.first;
    }
    std::map<std::string, std::string> topics{
        {topic, on_target(copy).value_or(copy.partition).topic}};
    auto described =
        co_await read_cleanups(services_.source, services_.target, std::move(topics), stop);
    LS_CO_TRY(cleanups, std::move(described));
    const Cleanup cleanup = cleanups.at(topic);
    cleanups_[topic] = {cleanup, loop().now() + kCleanupsAge};
    co_return cleanup;
}

void ContinuousVerifier::on_failed(const TopicPartition& id, Proof& proof, const Error& error) {
    proof.not_before = loop().now() + proof.backoff.next(services_.source.runtime().rng);
    proof.progress.set_problem(error.message());
    services_.want_metadata();
    log::debug("link {}: {}: not compared: {}", services_.link, id.to_string(), error.message());
    if (is_damage(error) && !proof.is_damage_told) {
        proof.is_damage_told = true;
        log::error("link {}: {}: the copy cannot be compared with its source behind offset {}: {}",
                   services_.link, id.to_string(), proof.progress.next().value(), error.message());
    }
}

void ContinuousVerifier::on_verdict(const TopicPartition& id, Proof& proof,
                                    ProofProgress::Verdict verdict, const ComparedRecords& found) {
    if (verdict == ProofProgress::Verdict::doubted) {
        cleanups_.erase(id.topic);
        services_.want_metadata();
    } else if (verdict == ProofProgress::Verdict::differs) {
        log::error(
            "link {}: {}: the copy differs from its source at offset {}; all before offset {} is "
            "the same. `lockstep verify` compares all of it at once",
            services_.link, id.to_string(), offsets_of(found), proof.progress.status()->to.value());
    }
}

}  // namespace lockstep::replication
