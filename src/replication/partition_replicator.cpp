#include "replication/partition_replicator.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/mutation.h"
#include "model/tagged_producer_id.h"
#include "protocol/kafka_error.h"
#include "replication/aborted_transactions.h"
#include "replication/error_policy.h"
#include "replication/retry_pace.h"
#include "replication/source_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;

/// What a partition whose target is slower than its source may hold of the budget: little at first,
/// more once its lane has run dry although it was held back.
constexpr size_t kFirstLaneBytes = 512U << 10;
constexpr size_t kMostLaneBytes = 4U << 20;
/// Brokers forget a producer whose newest record is older than producer.id.expiration.ms, a day by
/// default, by the record's own time, and however lately it was written (ProducerStateManager).
/// Then they take the next batch whatever its sequence, also a late one. So of two workers only one
/// may send older records than this.
constexpr int64_t kSurelyRememberedMs = 12 * 3'600'000LL;

std::optional<protocol::Codec> codec_of(Compression compression) {
    switch (compression) {
        case Compression::keep: return std::nullopt;
        case Compression::none: return protocol::Codec::none;
        case Compression::gzip: return protocol::Codec::gzip;
        case Compression::snappy: return protocol::Codec::snappy;
        case Compression::lz4: return protocol::Codec::lz4;
        case Compression::zstd: return protocol::Codec::zstd;
    }
    return std::nullopt;
}

}  // namespace

PartitionReplicator::PartitionReplicator(LinkServices& link, client::BatchProducer& producer,
                                         Stream stream)
    : link_(link),
      lane_(producer.add_lane(stream.target_id, *this)),
      stream_(std::move(stream)),
      backoff_(retry_pace(link.spec())),
      born_at_(link.runtime().loop.now()) {
    status_.id = stream_.id;
    status_.renamed_to = target_id() == id() ? "" : target_id().topic;
    limits_.codec = codec_of(link.spec().compression);
    lane_bytes_ = kFirstLaneBytes;
}

runtime::TimePoint PartitionReplicator::position_due() const {
    const bool is_wanted = phase_ == Phase::idle && !is_orphan_ && !is_to_rest();
    return is_wanted && (former_ == nullptr || former_->is_at_rest()) ? not_before_
                                                                      : runtime::kNever;
}

/// False where it is not to be copied any more.
bool PartitionReplicator::may_begin(const PartitionLogs& logs) {
    phase_ = Phase::idle;
    if (is_orphan_ || is_to_rest()) {
        tell_at_rest();
        return false;
    }
    status_.source_log_start = logs.source_start;
    status_.source_high_watermark = logs.source_end;
    status_.target_log_end = logs.target_end;
    target_log_start_ = logs.target_start;
    turn_ = logs.turn;
    return true;
}

ResumeRules PartitionReplicator::resume_rules() const {
    return {stream_.producer_id, link_.spec().on_overrun == OverrunRule::continue_past};
}

void PartitionReplicator::begin(const PartitionLogs& logs, const Leaders& leaders) {
    if (!may_begin(logs)) {
        return;
    }
    if (status_.next_offset && logs.target_end < *status_.next_offset) {
        ++rewrites_;
    }
    status_.next_offset = logs.target_end;
    tell_waiting();
    const ResumePoint resume = resume_point(logs, resume_rules());
    if (resume.raise_to) {
        prepare(logs, leaders, *resume.raise_to);
        return;
    }
    if (!resume.next) {
        block(resume.reason);
        return;
    }
    StreamChain chain = logs.target_tail ? StreamChain(stream_.producer_id, *logs.target_tail)
                                         : StreamChain(stream_.producer_id);
    PreservedStream::MarkerRules markers{
        [this, turn = logs.turn] { return link_.may_write_markers(id(), turn); },
        link_.next_coordinator_epoch()};
    stream(std::make_unique<PreservedStream>(*resume.next, std::move(chain), limits_,
                                             std::move(markers)),
           leaders);
}

void PartitionReplicator::begin_translated(const PartitionLogs& logs, const Leaders& leaders,
                                           const CarriedOrigins& origins,
                                           std::vector<TranslatedRecords> streams) {
    if (!may_begin(logs)) {
        return;
    }
    origins_ = origins;
    streams_ = std::move(streams);
    map_changes_ = map_changes();
    const int64_t mapped =
        std::accumulate(streams_.begin(), streams_.end(), int64_t{0},
                        [](int64_t sum, const auto& each) { return sum + each.map->next.value(); });
    if (mapped < std::exchange(mapped_records_, mapped)) {
        ++rewrites_;
    }
    const TranslatedRules rules{
        link_.spec().on_overrun == OverrunRule::continue_past,
        looked_in_epoch_ != leaders.source.epoch || leaders.source.epoch == kNoLeaderEpoch};
    std::vector<TranslatedStream> begun;
    int64_t lost = 0;
    std::optional<Offset> next;
    for (const TranslatedRecords& each : streams_) {
        const TranslatedResume resume = resume_translated(logs, *each.map, rules);
        if (!resume.place) {
            block(resume.reason);
            return;
        }
        lost = std::max(lost, resume.lost);
        const Offset known = std::max(resume.place->source,
                                      resume.place->expected_at.value_or(resume.place->source));
        next = std::min(next.value_or(known), known);
        each.map->source.cut_behind(each.map->next);  // what was to be sent, but was not
        begun.emplace_back(*resume.place, replication::stream_id(each.key), limits_);
    }
    if (lost > 0) {
        count_lost(logs.source_start - lost, logs.source_start);
    }
    status_.next_offset = next;
    looked_in_epoch_ = leaders.source.epoch;
    stream(std::make_unique<CarriedStreams>(origins_, std::move(begun)), leaders);
}

uint64_t PartitionReplicator::map_changes() const {
    uint64_t changes = 0;
    for (const TranslatedRecords& each : streams_) {
        changes += each.map->changes;
    }
    return changes;
}

void PartitionReplicator::set_translated(std::string why) {
    status_.is_translated = true;
    status_.translated_why = std::move(why);
}

void PartitionReplicator::prepare(const PartitionLogs& logs, const Leaders& leaders, Offset to) {
    phase_ = Phase::preparing;
    status_.preparation = Preparation{logs.target_end, to, link_.runtime().loop.wall_clock_ms()};
    const bool is_overrun =
        logs.target_tail && !is_filler_of(logs.target_tail->producer_id, stream_.producer_id);
    // Has been counted, but for what the source has deleted while the target's log was raised.
    const bool goes_on =
        overrun_ && logs.target_end >= overrun_->from && logs.target_end <= overrun_->to;
    const Offset from = goes_on ? overrun_->to : logs.target_end;
    if ((is_overrun || goes_on) && from < to) {
        count_lost(from, to);
        overrun_ = Overrun{goes_on ? overrun_->from : from, to};
    }
    set_state(PartitionState::preparing,
              fmt::format("the source's log starts at offset {}: raising the target's, which "
                          "ends at {}",
                          to.value(), logs.target_end.value()));
    link_.prepare(*this, LogStartTask{target_id(), leaders.target.leader, stream_.producer_id,
                                      logs.target_end, to});
}

void PartitionReplicator::count_lost(Offset from, Offset to) {
    status_.lost_offsets += static_cast<uint64_t>(to - from);
    log::warn(
        "link {}: {}: the source has deleted offsets [{}, {}) before they were "
        "copied; going on behind them, as on_overrun says",
        link_.spec().name, id().to_string(), from.value(), to.value());
}

void PartitionReplicator::stream(std::unique_ptr<OutgoingStream> outgoing, const Leaders& leaders) {
    lane_->start(leaders.way, leaders.target_topic_id);
    target_topic_id_ = leaders.target_topic_id;
    phase_ = Phase::streaming;
    waiting_.clear();
    tell_waiting();
    is_halted_ = false;
    fetch_error_.reset();
    is_damaged_ = false;
    are_others_noted_ = false;
    outgoing_ = std::move(outgoing);
    largest_sent_ = 0;
    const Offset next = outgoing_->next_fetch();
    if (begun_at_ != next) {
        refused_in_a_row_ = 0;  // the log has grown: another worker is ahead of this one
        begun_at_ = next;
    }
    source_epoch_ = leaders.source.epoch;
    target_leader_ = leaders.target;
    reader_ = &link_.reader_of(leaders.source.leader);
    reader_->add(*this);
    // What was blocked by the target is known to work again when the target takes a batch.
    if (status_.state != PartitionState::blocked || status_.lag_records() == 0) {
        set_state(PartitionState::running, "");
    }
}

void PartitionReplicator::postpone(const Error& error) {
    phase_ = Phase::idle;
    if (is_orphan_ || is_to_rest()) {
        tell_at_rest();
    } else {
        retry(error);
    }
}

void PartitionReplicator::on_target_leader(const client::PartitionLeader& leader) {
    const bool is_newer = leader.epoch > target_leader_.epoch;
    if (phase_ == Phase::streaming && is_newer && !mutated(Mutation::target_leader_unnoticed)) {
        leave_passed();
        lane_->stop(Error(make_error_code(KafkaError::not_leader_or_follower),
                          fmt::format("{} has another leader on {} now, broker {} in epoch {}",
                                      target_id().to_string(), link_.spec().target,
                                      leader.leader.value(), leader.epoch.value())));
    }
}

void PartitionReplicator::on_prepared(const Result<void>& outcome) {
    phase_ = Phase::idle;
    status_.preparation.reset();
    if (is_orphan_ || is_to_rest()) {
        show_rest();
        tell_at_rest();
        return;
    }
    if (outcome.has_error()) {
        retry(outcome.error());
    } else {
        link_.want_position();
    }
}

std::optional<PartitionRanges> PartitionReplicator::ranges() const {
    if (!is_streaming()) {
        return std::nullopt;
    }
    const LogRange source{*status_.source_log_start, *status_.source_high_watermark};
    const LogRange target{std::min(target_log_start_, *status_.target_log_end),
                          *status_.target_log_end};
    if (!is_translated()) {
        return PartitionRanges(source, target);
    }
    return PartitionRanges(source, target, *streams_.front().map, *status_.next_offset);
}

std::optional<Offset> PartitionReplicator::log_start_to_follow() const {
    const bool is_behind = phase_ == Phase::streaming && !is_translated() &&
                           status_.source_log_start && status_.target_log_end &&
                           *status_.source_log_start > target_log_start_ &&
                           *status_.source_log_start <= *status_.target_log_end;
    return is_behind ? status_.source_log_start : std::nullopt;
}

/// Also what has waited in the lane: the turn may have gone to another one meanwhile.
Result<void> PartitionReplicator::may_send() {
    if (map_changes() != map_changes_) {
        return Error(make_error_code(KafkaError::invalid_producer_epoch),
                     "another worker has changed the map of " + id().to_string());
    }
    return needs_turn_ ? link_.may_write_markers(id(), turn_) : Result<void>();
}

/// What was made goes to the lane; where its records' places are not stored yet, after that.
void PartitionReplicator::send_out() {
    auto outgoing = outgoing_->take_outgoing();
    const int64_t oldest_ms = link_.runtime().loop.wall_clock_ms() - kSurelyRememberedMs;
    needs_turn_ = needs_turn_ || std::ranges::any_of(outgoing, [oldest_ms](const Outgoing& next) {
                      const auto* batch = std::get_if<client::OutgoingBatch>(&next);
                      return batch != nullptr && batch->max_timestamp_ms < oldest_ms &&
                             !mutated(Mutation::old_records_without_turn);
                  });
    if (const auto allowed = may_send(); allowed.has_error()) {
        lane_->stop(allowed.error());
        return;
    }
    std::vector<CarriedStreams::NewRuns> runs;
    if (is_translated()) {
        status_.skipped_foreign_records += carried().take_skipped();
        runs = carried().take_new_runs();
        for (const TranslatedRecords& each : streams_) {
            // Stored with the place of the next record, which begins a run behind the one passed.
            each.map->has_targets_own = each.map->has_targets_own || carried().has_targets_own();
        }
        if (carried().has_others() && !are_others_noted_) {
            note_others(runs, outgoing);
        }
    }
    if (runs.empty()) {
        send_to_lane(std::move(outgoing));
        return;
    }
    if (mutated(Mutation::map_sent_before_stored)) {
        send_to_lane(std::move(outgoing));
        outgoing.clear();
    }
    waiting_for_map_ = std::move(outgoing);
    save_runs(std::move(runs));
}

/// That a source has records of other origins is said with the place of its next own one. Where
/// they come in the same stream, it is stored before they are sent.
void PartitionReplicator::note_others(std::vector<CarriedStreams::NewRuns>& runs,
                                      const std::vector<Outgoing>& outgoing) {
    const auto own = std::ranges::find_if(
        streams_, [](const TranslatedRecords& each) { return each.key.origin_cluster_id.empty(); });
    if (own == streams_.end()) {
        return;
    }
    if (!origins_.is_all()) {
        own->map->form = StreamForm::one_of_several;
    } else if (!outgoing.empty()) {
        own->map->form = StreamForm::all_of_several;
        if (runs.empty()) {
            runs.push_back({0, {}});
        }
    }
}

void PartitionReplicator::save_runs(std::vector<CarriedStreams::NewRuns> runs) {
    const uint64_t save = ++saves_;
    saves_left_ = runs.size();
    for (CarriedStreams::NewRuns& each : runs) {
        link_.save_runs(
            streams_[each.stream].key, std::move(each.runs),
            [this, save](const Result<void>& outcome) { on_runs_saved(save, outcome); });
    }
}

void PartitionReplicator::send_to_lane(std::vector<Outgoing> outgoing) {
    for (Outgoing& next : outgoing) {
        if (auto* gap = std::get_if<client::OutgoingGap>(&next)) {
            lane_->send(std::move(*gap));
            continue;
        }
        auto& batch = std::get<client::OutgoingBatch>(next);
        if (batch.bytes.size >= largest_sent_) {
            largest_sent_ = batch.bytes.size;
            is_largest_single_ = batch.record_count == 1;
        }
        lane_->send(std::move(batch));
    }
    note_delivered();
}

void PartitionReplicator::on_runs_saved(uint64_t save, const Result<void>& outcome) {
    if (save != saves_ || phase_ != Phase::streaming) {
        return;  // it has begun anew meanwhile
    }
    if (outcome.has_error()) {
        look_again(outcome.error());
        return;
    }
    if (--saves_left_ > 0) {
        return;
    }
    are_others_noted_ = carried().has_others();
    send_to_lane(std::exchange(waiting_for_map_, {}));
    tell_at_rest();
    if (stop_when_delivered()) {
        return;
    }
    if (lane_->queued_bytes() <= lane_bytes_) {
        resume_fetching();
    }
}

void PartitionReplicator::look_again(const Error& error) {
    if (phase_ == Phase::streaming) {
        ++saves_;  // what becomes of them is of no interest any more
        waiting_for_map_.clear();
        lane_->stop(error);
    }
}

void PartitionReplicator::halt(std::string reason) {
    is_halted_ = true;
    halted_why_ = std::move(reason);
    stop_fetching();
    link_.count_error(id().to_string() + ": " + halted_why_);
    set_state(PartitionState::blocked, halted_why_);
}

void PartitionReplicator::on_fetch_failed(const Error& error) {
    stop_fetching();
    if (phase_ != Phase::streaming || is_orphan_ || is_halted_) {
        return;
    }
    link_.count_error(error.message());
    link_.want_metadata();
    set_state(status_.state == PartitionState::blocked ? PartitionState::blocked
                                                       : PartitionState::retrying,
              error.message());
    fetch_error_ = error;
    stop_when_delivered();
}

bool PartitionReplicator::on_acknowledged(const client::OutgoingBatch& batch,
                                          const client::Acknowledgement& answer) {
    auto placed = is_translated() ? put_in_map(batch, answer.base_offset)
                                  : expect_offset(batch, answer.base_offset);
    if (placed.has_error()) {
        link_.count_error(placed.error().message());
        fetch_error_ = placed.error();
        return false;
    }
    status_.target_log_end = answer.base_offset + batch.record_count;
    tell_waiting();
    status_.copied_records += static_cast<uint64_t>(batch.record_count);
    status_.copied_bytes += batch.bytes.size;
    ++status_.copied_batches;
    // A batch that the broker knows already is answered with its newest record's own time.
    if (link_.spec().append_time == AppendTimeRule::keep && answer.log_append_time_ms >= 0 &&
        answer.log_append_time_ms != batch.max_timestamp_ms) {
        halt(
            fmt::format("the target topic stamps its own time on records (message.timestamp.type "
                        "is LogAppendTime), first at offset {}",
                        batch.base_offset.value()));
        return false;
    }
    note_delivered();
    on_progress();
    const bool is_at_end = fetch_error_ && is_delivered();
    if (is_at_end) {
        leave_passed();
    }
    return !is_at_end;
}

/// Once it fetches no more. Whether it stops.
bool PartitionReplicator::stop_when_delivered() {
    const bool is_at_end = fetch_error_ && is_delivered();
    if (is_at_end) {
        leave_passed();
        lane_->stop(*fetch_error_);
    }
    return is_at_end;
}

/// Behind the last record there may be offsets that leave no trace on the target.
void PartitionReplicator::note_delivered() {
    const bool is_all = is_delivered() || mutated(Mutation::progress_said_early);
    if (is_translated() && outgoing_ && is_all) {
        status_.next_offset = outgoing_->next_fetch();
        tell_waiting();
    }
    if (outgoing_ && is_all && status_.lag_records() == 0 && !fetch_error_) {
        failures_in_a_row_ = 0;
        note_that_it_works();  // also where nothing of what was left is to be copied
    }
}

void PartitionReplicator::note_that_it_works() {
    if (status_.state == PartitionState::blocked && !is_halted_ && !is_orphan_) {
        set_state(PartitionState::running, "");
    }
}

/// Where the others' records are many, the log's start could pass the stream's last record by, and
/// nobody could tell then whether more of them were behind it.
std::optional<Offset> PartitionReplicator::passed_to(const TranslatedRecords& stream) const {
    constexpr int64_t kFar = 10'000;
    if (phase_ != Phase::streaming || !outgoing_ || !is_delivered() || fetch_error_ ||
        !status_.source_log_start) {
        return std::nullopt;
    }
    const Offset passed = outgoing_->next_fetch();
    const auto known = stream.map->source.offset_of(stream.map->next);
    const bool is_endangered = known && *status_.source_log_start > *known && passed > *known;
    const bool is_far = passed - known.value_or(*status_.source_log_start) >= kFar;
    return is_far || is_endangered ? std::optional(passed) : std::nullopt;
}

void PartitionReplicator::on_filled(const client::OutgoingGap& gap) {
    status_.target_log_end = status_.next_offset = gap.base_offset + gap.count;
    status_.filled_offsets += static_cast<uint64_t>(gap.count);
    tell_waiting();
    on_progress();
    stop_when_delivered();
}

void PartitionReplicator::on_progress() {
    note_that_it_works();
    tell_at_rest();
    refused_in_a_row_ = 0;
    failures_in_a_row_ = 0;
    backoff_.reset();
    if (paused_reader_ != nullptr && waiting_for_map_.empty() &&
        lane_->queued_bytes() < lane_bytes_ / 2) {
        was_paused_ = true;
        if (!mutated(Mutation::fetching_stays_paused)) {
            resume_fetching();
        }
    }
    if (lane_->is_empty() && was_paused_) {
        lane_bytes_ = std::min(lane_bytes_ * 2, kMostLaneBytes);
        was_paused_ = false;
    }
}

void PartitionReplicator::on_stopped(const Error& error) {
    stop_fetching();
    phase_ = Phase::idle;
    const bool has_merged = outgoing_->has_merged();
    const bool was_set_down = std::exchange(is_setting_down_, false);
    auto blocked_why = std::exchange(blocked_why_, {});
    outgoing_.reset();
    waiting_for_map_.clear();
    if (is_orphan_) {
        tell_at_rest();
        return;
    }
    if (error.code == make_error_code(KafkaError::transaction_coordinator_fenced)) {
        is_fenced_ = true;
    }
    const bool is_content_wrong = is_halted_ && error.is(Errc::stopped);
    is_halted_ = false;
    if (is_to_rest() && !is_content_wrong) {
        show_rest();
        tell_at_rest();
        return;
    }
    if (blocked_why && !is_content_wrong) {
        link_.count_error(id().to_string() + ": " + *blocked_why);
        block(std::move(*blocked_why));
        return;
    }
    const bool may_be_alone = error.code == KafkaError::invalid_record && stop_merging(has_merged);
    if (may_be_alone || (is_too_large(error.code) && make_smaller(has_merged))) {
        retry_later(PartitionState::retrying, error.message(), {});
        return;
    }
    if (is_content_wrong) {
        not_before_ = runtime::kNever;  // trying again would only write more of the same
        show_rest();
        tell_at_rest();
    } else if (was_set_down) {
        link_.want_position();  // resumed before its lane was empty
    } else {
        retry(fetch_error_ ? *fetch_error_ : error);
    }
}

void PartitionReplicator::set_state(PartitionState state, std::string reason) {
    if (state == status_.state && reason == status_.reason) {
        return;
    }
    // At debug: who looks at the states from time to time reports what lasts.
    log::debug("link {}: {} is {}{}{}", link_.spec().name, id().to_string(), to_string(state),
               reason.empty() ? "" : ": ", reason);
    status_.state = state;
    status_.reason = std::move(reason);
}

}  // namespace lockstep::replication
