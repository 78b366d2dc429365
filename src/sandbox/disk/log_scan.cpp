#include "sandbox/disk/log_scan.h"

#include "protocol/record_batch.h"

#include <optional>

namespace lockstep::sandbox {

using protocol::RecordBatchView;

namespace {

namespace layout = protocol::batch_layout;

/// The batch at the front of `bytes`; nothing where there is no whole right one.
std::optional<RecordBatchView> batch_at(ByteView bytes, Offset at_least) {
    if (bytes.size() < layout::kHeaderSize || bytes[layout::kMagic] != 2) {
        return std::nullopt;
    }
    const auto length = load_big_endian<int32_t>(bytes.data() + layout::kBatchLength);
    if (length < 0 || static_cast<size_t>(length) > bytes.size() - layout::kUncountedSize) {
        return std::nullopt;
    }
    const auto view = RecordBatchView::open(
        bytes.subspan(0, static_cast<size_t>(length) + layout::kUncountedSize));
    const bool is_right = view.has_value() && view->base_offset() >= at_least &&
                          view->last_offset_delta() >= 0 && view->verify_crc();
    return is_right ? std::optional(*view) : std::nullopt;
}

}  // namespace

LogScan scan_log(ByteView bytes, Offset begin) {
    LogScan scan;
    scan.end = begin;
    while (const auto batch = batch_at(bytes.subspan(scan.good_bytes), scan.end)) {
        scan.good_bytes += batch->size_bytes();
        scan.end = batch->next_offset();
    }
    for (size_t at = scan.good_bytes + 1; at < bytes.size() && !scan.is_damaged; ++at) {
        scan.is_damaged = batch_at(bytes.subspan(at), scan.end).has_value();
    }
    return scan;
}

}  // namespace lockstep::sandbox
