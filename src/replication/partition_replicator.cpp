#include "replication/partition_replicator.h"

#include "base/assert.h"
#include "base/log.h"
#include "model/tagged_producer_id.h"
#include "protocol/kafka_error.h"
#include "replication/batch_admission.h"
#include "replication/error_policy.h"
#include "replication/source_reader.h"

#include <fmt/core.h>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;

/// What a partition whose target is slower than its source may hold of the budget: little at first,
/// more once its lane has run dry although it was held back.
constexpr size_t kFirstLaneBytes = 512U << 10;
constexpr size_t kMostLaneBytes = 4U << 20;
constexpr int kRefusalsUntilBlocked = 5;
constexpr auto kBlockedPause = std::chrono::seconds(10);

client::OutgoingBatch outgoing_batch(const protocol::RecordBatchView& batch, Slice bytes) {
    client::OutgoingBatch outgoing;
    outgoing.base_offset = batch.base_offset();
    outgoing.record_count = batch.record_count();
    outgoing.max_timestamp_ms = batch.max_timestamp();
    outgoing.bytes = std::move(bytes);
    return outgoing;
}

client::OutgoingBatch outgoing_batch(DenseBatch made) {
    Slice bytes = owned_slice(std::move(made.bytes));
    const auto batch = protocol::RecordBatchView::open(bytes.view());
    LS_ASSERT(batch.has_value());
    return outgoing_batch(*batch, std::move(bytes));
}

}  // namespace

PartitionReplicator::PartitionReplicator(LinkServices& link, client::BatchProducer& producer,
                                         Stream stream)
    : link_(link),
      lane_(producer.add_lane(stream.id, *this)),
      stream_(std::move(stream)),
      chain_(stream_.producer_id) {
    status_.id = stream_.id;
    lane_bytes_ = kFirstLaneBytes;
}

runtime::TimePoint PartitionReplicator::position_due() const {
    return phase_ == Phase::idle && !is_orphan_ ? not_before_ : runtime::kNever;
}

void PartitionReplicator::begin(const PartitionLogs& logs, const Leaders& leaders) {
    phase_ = Phase::idle;
    if (is_orphan_) {
        return;
    }
    status_.source_log_start = logs.source_start;
    status_.source_high_watermark = logs.source_end;
    status_.target_log_end = logs.target_end;
    target_log_start_ = logs.target_start;
    const ProducerId filler_id = filler_producer_id(stream_.producer_id);
    const ResumeRules rules{stream_.producer_id, filler_id,
                            link_.spec().on_overrun == OverrunRule::continue_past};
    const ResumePoint resume = resume_point(logs, rules);
    if (resume.raise_to) {
        phase_ = Phase::preparing;
        if (logs.target_start < logs.target_end && logs.target_tail &&
            logs.target_tail->producer_id != filler_id) {
            status_.lost_offsets += static_cast<uint64_t>(*resume.raise_to - logs.target_end);
            log::warn(
                "link {}: {}: the source has deleted offsets [{}, {}) before they were "
                "copied; going on behind them, as on_overrun says",
                link_.spec().name, id().to_string(), logs.target_end.value(),
                resume.raise_to->value());
        }
        set_state(PartitionState::preparing,
                  fmt::format("the source's log starts at offset {}: raising the target's, which "
                              "ends at {}",
                              resume.raise_to->value(), logs.target_end.value()));
        link_.prepare(*this, LogStartTask{id(), leaders.target.leader, filler_id, logs.target_end,
                                          *resume.raise_to});
        return;
    }
    if (!resume.next) {
        retry_later(PartitionState::blocked, resume.reason, kBlockedPause);
        return;
    }
    lane_->start(leaders.target.leader, leaders.target_topic_id);
    phase_ = Phase::streaming;
    is_halted_ = false;
    fetch_error_.reset();
    next_fetch_ = *resume.next;
    tiny_.clear();
    open_gap_ = 0;
    chain_ = logs.target_tail ? StreamChain(stream_.producer_id, *logs.target_tail)
                              : StreamChain(stream_.producer_id);
    if (begun_at_ != resume.next) {
        refused_in_a_row_ = 0;  // the log has grown: another worker is ahead of this one
        begun_at_ = resume.next;
    }
    source_epoch_ = leaders.source.epoch;
    reader_ = &link_.reader_of(leaders.source.leader);
    reader_->add(*this);
    // What was blocked by the target is known to work again when the target takes a batch.
    if (status_.state != PartitionState::blocked || status_.lag_records() == 0) {
        set_state(PartitionState::running, "");
    }
}

void PartitionReplicator::postpone(const Error& error) {
    phase_ = Phase::idle;
    if (!is_orphan_) {
        retry(error);
    }
}

void PartitionReplicator::retry_now() {
    if (status_.state == PartitionState::retrying && not_before_ != runtime::kNever) {
        not_before_ = {};
        link_.want_position();
    }
}

void PartitionReplicator::on_prepared(const Result<void>& outcome) {
    phase_ = Phase::idle;
    if (is_orphan_) {
        return;
    }
    if (outcome.has_error()) {
        retry(outcome.error());
    } else {
        link_.want_position();
    }
}

std::optional<PartitionRanges> PartitionReplicator::ranges() const {
    if (phase_ != Phase::streaming || !status_.target_log_end || !status_.source_log_start ||
        !status_.source_high_watermark) {
        return std::nullopt;
    }
    const LogRange source{*status_.source_log_start, *status_.source_high_watermark};
    const LogRange target{std::min(target_log_start_, *status_.target_log_end),
                          *status_.target_log_end};
    return PartitionRanges{source, target};
}

std::optional<Offset> PartitionReplicator::log_start_to_follow() const {
    const bool is_behind = phase_ == Phase::streaming && status_.source_log_start &&
                           status_.target_log_end &&
                           *status_.source_log_start > target_log_start_ &&
                           *status_.source_log_start <= *status_.target_log_end;
    return is_behind ? status_.source_log_start : std::nullopt;
}

void PartitionReplicator::orphan(std::string reason) {
    is_orphan_ = true;
    stop_fetching();
    set_state(PartitionState::blocked, std::move(reason));
}

void PartitionReplicator::adopt() {
    is_orphan_ = false;
    if (phase_ == Phase::streaming) {
        on_fetch_failed(Error(Errc::not_found, "the source topic was away"));
    } else {
        link_.want_position();
    }
}

void PartitionReplicator::on_fetched(const protocol::FetchResponse::PartitionData& data,
                                     const Slice& frame) {
    if (data.error_code != 0) {
        on_fetch_failed(
            Error(make_error_code(KafkaError(data.error_code)),
                  fmt::format("fetch {} at offset {}", id().to_string(), next_fetch_.value())));
        return;
    }
    status_.source_high_watermark = Offset(data.high_watermark);
    if (data.log_start_offset >= 0) {
        status_.source_log_start = Offset(data.log_start_offset);
    }
    note_open_transaction(data);
    auto taken = take_records(data, frame);
    if (taken.has_error()) {
        on_fetch_failed(std::move(taken).error().within(
            fmt::format("fetch {} at offset {}", id().to_string(), next_fetch_.value())));
        return;
    }
    if (lane_->queued_bytes() > lane_bytes_) {
        pause_fetching();
    } else {
        fetch_on();
    }
}

/// Records behind the last stable offset wait for the end of the transaction that begins there.
void PartitionReplicator::note_open_transaction(
    const protocol::FetchResponse::PartitionData& data) {
    if (data.last_stable_offset < 0 || data.last_stable_offset >= data.high_watermark) {
        status_.open_transaction.reset();
        return;
    }
    const Offset first(data.last_stable_offset);
    if (!status_.open_transaction || status_.open_transaction->first_offset != first) {
        status_.open_transaction =
            OpenTransaction{first, ProducerId(-1), link_.runtime().loop.wall_clock_ms()};
    }
}

void PartitionReplicator::on_producer_known(ProducerId producer) {
    if (status_.open_transaction) {
        status_.open_transaction->producer_id = producer;
    }
}

/// Whatever comes of it, what has been taken is sent.
Result<void> PartitionReplicator::take_records(const protocol::FetchResponse::PartitionData& data,
                                               const Slice& frame) {
    AbortedTransactions aborted(data.aborted_transactions);
    ByteView records = data.records.view();
    Result<void> taken;
    while (taken.has_value()) {
        auto batch = protocol::next_batch(records);
        if (batch.has_error()) {
            taken = std::move(batch).error();
        } else if (!*batch) {
            break;
        } else {
            const auto is_aborted = aborted.covers(**batch);
            taken = is_aborted.has_error() ? Result<void>(is_aborted.error())
                                           : take_batch(**batch, *is_aborted, frame);
        }
    }
    auto sent = send_tiny();
    close_gap();
    return taken.has_error() ? taken : sent;
}

Result<void> PartitionReplicator::take_batch(const protocol::RecordBatchView& batch,
                                             bool is_aborted, const Slice& frame) {
    const Offset end = batch.next_offset();  // before its header is written over
    const Admission admission = admit(batch, next_fetch_, is_aborted);
    if (admission == Admission::skip) {
        return {};
    }
    if (admission == Admission::rewrite) {
        LS_CHECK(send_rewritten(batch));
    } else if (admission == Admission::copy) {
        LS_CHECK(copy(batch, frame));
    }
    return fill_to(end);  // the rest has no records that are to be seen
}

Result<void> PartitionReplicator::copy(const protocol::RecordBatchView& batch, const Slice& frame) {
    const auto at = static_cast<size_t>(batch.bytes().data() - frame.data);
    Slice bytes = frame.part(at, batch.bytes().size());
    if (may_merge_ && is_tiny(batch)) {
        return keep_tiny(batch, std::move(bytes));
    }
    LS_CHECK(send_tiny());
    return send_records(outgoing_batch(batch, std::move(bytes)));
}

Result<void> PartitionReplicator::keep_tiny(const protocol::RecordBatchView& batch, Slice bytes) {
    if (!tiny_.empty() && !can_merge(tiny_.front(), batch, tiny_bytes_)) {
        LS_CHECK(send_tiny());
    }
    LS_CHECK(fill_to(batch.base_offset()));
    close_gap();
    if (tiny_.empty()) {
        first_tiny_ = std::move(bytes);
        tiny_bytes_ = 0;
    }
    tiny_.push_back(batch);
    tiny_bytes_ += batch.size_bytes();
    next_fetch_ = batch.next_offset();
    return {};
}

/// Merged, or as it is where it is one alone.
Result<void> PartitionReplicator::send_tiny() {
    if (tiny_.empty()) {
        return {};
    }
    const std::vector<protocol::RecordBatchView> batches = std::exchange(tiny_, {});
    next_fetch_ = batches.front().base_offset();
    if (batches.size() == 1) {
        return send_records(outgoing_batch(batches.front(), std::move(first_tiny_)));
    }
    LS_TRY(merged, merge_batches(batches));
    has_merged_ = true;
    return send_records(outgoing_batch(std::move(merged)));
}

Result<void> PartitionReplicator::send_rewritten(const protocol::RecordBatchView& batch) {
    LS_CHECK(send_tiny());
    LS_TRY(rows, rewrite_dense(batch, next_fetch_));
    for (DenseBatch& row : rows) {
        LS_CHECK(send_records(outgoing_batch(std::move(row))));
    }
    return {};
}

Result<void> PartitionReplicator::send_records(client::OutgoingBatch batch) {
    LS_CHECK(fill_to(batch.base_offset));
    close_gap();
    StreamChain after = chain_;
    const auto stamp = after.next_records(batch.record_count);
    LS_CHECK(protocol::rewrite_for_produce(batch.bytes.mutable_view(), stamp));
    chain_ = after;
    next_fetch_ = batch.base_offset + batch.record_count;
    lane_->send(std::move(batch));
    return {};
}

Result<void> PartitionReplicator::fill_to(Offset end) {
    if (end > next_fetch_) {
        LS_CHECK(send_tiny());
        open_gap_ += end - next_fetch_;
        next_fetch_ = end;
    }
    return {};
}

/// Sends the gap that ends at next_fetch_. One for as many offsets as possible: a gap is a stop.
void PartitionReplicator::close_gap() {
    if (open_gap_ == 0) {
        return;
    }
    const MarkerRun markers = chain_.next_gap(open_gap_);
    client::OutgoingGap gap;
    gap.base_offset = next_fetch_ - open_gap_;
    gap.count = open_gap_;
    gap.marker_at = [markers](int64_t index) { return markers.at(index); };
    gap.may_write = [this] { return link_.may_write_markers(); };
    open_gap_ = 0;
    lane_->send(std::move(gap));
}

void PartitionReplicator::halt(std::string reason) {
    is_halted_ = true;
    stop_fetching();
    link_.count_error();
    set_state(PartitionState::blocked, std::move(reason));
}

void PartitionReplicator::on_fetch_failed(const Error& error) {
    stop_fetching();
    if (phase_ != Phase::streaming || is_orphan_ || is_halted_) {
        return;
    }
    link_.count_error();
    link_.want_metadata();
    set_state(PartitionState::retrying, error.message());
    fetch_error_ = error;
    if (lane_->is_empty()) {
        lane_->stop(error);
    }
}

void PartitionReplicator::fetch_on() {
    if (reader_ != nullptr) {
        reader_->add(*this);
    }
}

void PartitionReplicator::pause_fetching() {
    SourceReader* reader = reader_;
    stop_fetching();
    paused_reader_ = reader;
    paused_reader_->count_paused(1);
}

void PartitionReplicator::stop_fetching() {
    if (reader_ != nullptr) {
        reader_->remove(*this);
        reader_ = nullptr;
    }
    if (paused_reader_ != nullptr) {
        paused_reader_->count_paused(-1);
        paused_reader_ = nullptr;
    }
}

bool PartitionReplicator::on_acknowledged(const client::OutgoingBatch& batch,
                                          const client::Acknowledgement& answer) {
    if (answer.base_offset != batch.base_offset) {
        link_.count_error();
        fetch_error_ = Error(
            Errc::internal,
            fmt::format("the target put the records of offset {} at offset {}: someone else "
                        "writes to {} there",
                        batch.base_offset.value(), answer.base_offset.value(), id().to_string()));
        set_state(PartitionState::blocked, fetch_error_->context);
        is_halted_ = true;
        return false;
    }
    status_.target_log_end = batch.base_offset + batch.record_count;
    status_.last_copied_timestamp_ms = batch.max_timestamp_ms;
    status_.copied_records += static_cast<uint64_t>(batch.record_count);
    status_.copied_bytes += batch.bytes.size;
    ++status_.copied_batches;
    // A batch that the broker knows already is answered with its newest record's own time.
    if (answer.log_append_time_ms >= 0 && answer.log_append_time_ms != batch.max_timestamp_ms) {
        halt(
            fmt::format("the target topic stamps its own time on records (message.timestamp.type "
                        "is LogAppendTime), first at offset {}",
                        batch.base_offset.value()));
        return false;
    }
    on_progress();
    return !(fetch_error_ && lane_->is_empty());
}

void PartitionReplicator::on_filled(const client::OutgoingGap& gap) {
    status_.target_log_end = gap.base_offset + gap.count;
    status_.filled_offsets += static_cast<uint64_t>(gap.count);
    on_progress();
    if (fetch_error_ && lane_->is_empty()) {
        lane_->stop(*fetch_error_);
    }
}

void PartitionReplicator::on_progress() {
    if (status_.state == PartitionState::blocked && !is_halted_ && !is_orphan_) {
        set_state(PartitionState::running, "");
    }
    refused_in_a_row_ = 0;
    backoff_.reset();
    if (paused_reader_ != nullptr && lane_->queued_bytes() < lane_bytes_ / 2) {
        reader_ = paused_reader_;
        paused_reader_->count_paused(-1);
        paused_reader_ = nullptr;
        was_paused_ = true;
        fetch_on();
    }
    if (lane_->is_empty() && was_paused_) {
        lane_bytes_ = std::min(lane_bytes_ * 2, kMostLaneBytes);
        was_paused_ = false;
    }
}

void PartitionReplicator::on_stopped(const Error& error) {
    stop_fetching();
    phase_ = Phase::idle;
    if (is_orphan_) {
        return;
    }
    if (has_merged_ && may_merge_ && is_too_large(error.code)) {
        may_merge_ = false;  // each batch alone may be small enough for the target's topic
        retry_later(PartitionState::retrying, error.message(), {});
        return;
    }
    const bool is_content_wrong = is_halted_ && error.is(Errc::stopped);
    is_halted_ = false;
    if (is_content_wrong) {
        not_before_ = runtime::kNever;  // trying again would only write more of the same
    } else {
        retry(fetch_error_ ? *fetch_error_ : error);
    }
}

void PartitionReplicator::retry(const Error& error) {
    link_.count_error();
    const Reaction reaction = reaction_to(error.code);
    if (reaction == Reaction::retry_refused) {
        ++refused_in_a_row_;
    }
    if (reaction == Reaction::block || refused_in_a_row_ >= kRefusalsUntilBlocked) {
        retry_later(PartitionState::blocked, error.message(), kBlockedPause);
        return;
    }
    link_.want_metadata();
    const auto state = status_.state == PartitionState::blocked ? PartitionState::blocked
                                                                : PartitionState::retrying;
    retry_later(state, error.message(), backoff_.next(link_.runtime().rng));
}

void PartitionReplicator::retry_later(PartitionState state, std::string reason,
                                      runtime::Duration pause) {
    set_state(state, std::move(reason));
    not_before_ = link_.runtime().loop.now() + pause;
    link_.want_position();
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
