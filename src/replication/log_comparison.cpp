#include "replication/log_comparison.h"

#include "runtime/task_group.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using protocol::RecordBatchView;
using runtime::Task;

namespace {

constexpr size_t kFirstDifferences = 100;

bool is_same(const protocol::RecordHeader& one, const protocol::RecordHeader& other) {
    return one.key == other.key && one.value.has_value() == other.value.has_value() &&
           (!one.value || std::ranges::equal(*one.value, *other.value));
}

bool is_same(const std::optional<ByteView>& one, const std::optional<ByteView>& other) {
    return one.has_value() == other.has_value() && (!one || std::ranges::equal(*one, *other));
}

bool is_same(const SeenRecord& one, const SeenRecord& other, AppendTimeRule append_time) {
    const auto same_headers = [](const auto& a, const auto& b) { return is_same(a, b); };
    const bool is_time_compared =
        append_time == AppendTimeRule::keep || (!one.is_append_time && !other.is_append_time);
    return (!is_time_compared || one.timestamp_ms == other.timestamp_ms) &&
           is_same(one.content.key, other.content.key) &&
           is_same(one.content.value, other.content.value) &&
           std::ranges::equal(one.content.headers, other.content.headers, same_headers);
}

/// Whether both show the same records, told from the outside alone.
bool is_same(const RecordBatchView& one, const RecordBatchView& other) {
    return one.codec() == other.codec() && one.last_offset_delta() == other.last_offset_delta() &&
           one.record_count() == other.record_count() &&
           one.base_timestamp() == other.base_timestamp() && !one.is_log_append_time() &&
           !other.is_log_append_time() && std::ranges::equal(one.payload(), other.payload());
}

}  // namespace

Task<Result<void>> LogComparison::run(std::stop_token stop) {
    rested_at_ = source_.loop().now();
    while (true) {
        if (wants_rest()) {
            co_await rest(stop);
        }
        if (stop.stop_requested()) {
            co_return Error(Errc::stopped, "compare");
        }
        if (!source_.has_batch() || !target_.has_batch()) {
            LS_CO_CHECK(co_await load(stop));
        }
        const bool source_has = source_.has_batch();
        const bool target_has = target_.has_batch();
        // A compacted log may have nothing before its end.
        if (source_has && !target_has && !target_.has_reached_end() &&
            rules_.cleanup != Cleanup::compacted) {
            co_return Error(Errc::not_found,
                            fmt::format("the target shows its log only up to offset {}: a "
                                        "transaction that is open there hides the rest",
                                        target_.looked_to().value()));
        }
        if (!source_has && !target_has) {
            co_return Result<void>();
        }
        if (source_has && target_has && skip_same_batch()) {
            continue;
        }
        LS_CO_TRY(source_is_open, source_has ? source_.unpack() : Result<bool>(false));
        LS_CO_TRY(target_is_open, target_has ? target_.unpack() : Result<bool>(false));
        if (source_is_open != source_has || target_is_open != target_has) {
            continue;  // a batch is used up: what comes behind it belongs to the comparison
        }
        compare();
    }
}

Task<Result<void>> LogComparison::load(std::stop_token stop) {
    auto at_source = co_await source_.load(stop);
    if (at_source.has_error()) {
        co_return std::move(at_source).error();
    }
    auto at_target = co_await target_.load(stop);
    if (at_target.has_error()) {
        co_return std::move(at_target).error();
    }
    co_return Result<void>();
}

bool LogComparison::wants_rest() const {
    return manners_ && source_.loop().now() - rested_at_ >= manners_->work;
}

Task<void> LogComparison::rest(std::stop_token stop) {
    const auto worked = source_.loop().now() - rested_at_;
    co_await runtime::sleep_for(source_.loop(), worked * manners_->rest_factor, stop);
    rested_at_ = source_.loop().now();
}

bool LogComparison::skip_same_batch() {
    const RecordBatchView* one = source_.whole_batch();
    const RecordBatchView* other = target_.whole_batch();
    if (one == nullptr || other == nullptr || source_.batch_place() != target_.batch_place() ||
        !source_.batch_place() || !is_same(*one, *other)) {
        return false;
    }
    found_.records += static_cast<uint64_t>(one->record_count());
    ++found_.untouched_batches;
    source_.skip_batch();
    target_.skip_batch();
    return true;
}

void LogComparison::compare() {
    const SeenRecord* one = source_.has_record() ? &source_.record() : nullptr;
    const SeenRecord* other = target_.has_record() ? &target_.record() : nullptr;
    if (one != nullptr && (other == nullptr || !one->place || *one->place < other->place)) {
        only_at_source();
    } else if (one == nullptr || one->place != other->place) {
        only_on_target();
    } else {
        if (is_same(*one, *other, rules_.append_time)) {
            ++found_.records;
        } else {
            note(one->offset, Difference::Kind::content);
        }
        source_.skip_record();
        target_.skip_record();
    }
}

void LogComparison::only_at_source() {
    note(source_.record().offset, Difference::Kind::only_at_source);
    source_.skip_record();
}

void LogComparison::only_on_target() {
    note(target_.record().offset, Difference::Kind::only_on_target);
    target_.skip_record();
}

void LogComparison::note(Offset offset, Difference::Kind kind) {
    if (rules_.cleanup == Cleanup::compacted && kind != Difference::Kind::content) {
        ++found_.compacted;
        return;
    }
    ++found_.differences;
    if (found_.first.size() < kFirstDifferences) {
        found_.first.push_back({offset, kind});
    }
}

}  // namespace lockstep::replication
