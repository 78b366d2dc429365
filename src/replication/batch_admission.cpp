#include "replication/batch_admission.h"

#include <fmt/core.h>

namespace lockstep::replication {
namespace {

Admission blocked(std::string reason) {
    return {Admission::Verdict::block, std::move(reason)};
}

}  // namespace

Admission admit(const protocol::RecordBatchView& batch, Offset next) {
    const int64_t base = batch.base_offset().value();
    const int64_t last = base + batch.last_offset_delta();
    if (last < next.value()) {
        return {Admission::Verdict::skip, {}};
    }
    if (base > next.value()) {
        return blocked(
            fmt::format("hole in the source: offsets [{}, {}) have no records "
                        "(compacted, or deleted)",
                        next.value(), base));
    }
    if (base < next.value()) {
        return blocked(
            fmt::format("the target ends at offset {}, inside the source's batch of "
                        "offsets {} to {}",
                        next.value(), base, last));
    }
    if (batch.is_control()) {
        return blocked(fmt::format("transaction marker at offset {}", base));
    }
    if (batch.is_transactional()) {
        return blocked(fmt::format("transactional records at offsets {} to {}", base, last));
    }
    if (!batch.is_dense()) {
        return blocked(
            fmt::format("hole in the source: the batch of offsets {} to {} holds only "
                        "{} records (compacted)",
                        base, last, batch.record_count()));
    }
    if (batch.is_log_append_time()) {
        return blocked(
            fmt::format("records at offsets {} to {} carry the source's append time, "
                        "which cannot be kept without rewriting them",
                        base, last));
    }
    if (batch.has_delete_horizon()) {
        return blocked(
            fmt::format("the batch of offsets {} to {} carries a delete horizon "
                        "(compacted)",
                        base, last));
    }
    return {Admission::Verdict::copy, {}};
}

Sequence sequence_at(Offset offset) {
    return Sequence(static_cast<int32_t>(offset.value() & 0x7fffffff));
}

}  // namespace lockstep::replication
