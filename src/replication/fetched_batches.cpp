#include "replication/fetched_batches.h"

#include <fmt/core.h>

namespace lockstep::replication {
namespace {

using protocol::RecordBatchView;

/// Goes through the batches of one answer.
class Check {
public:
    Check(Offset next, HoleRule holes) : place_(next), holes_(holes) {}

    /// False where the batch cannot be taken, nor anything behind it.
    bool take(const RecordBatchView& batch) {
        if (!has_begun_ && batch.last_offset() < place_) {
            return true;  // brokers may begin before the offset asked for
        }
        if (has_begun_ && batch.base_offset() < place_) {
            return doubt(
                fmt::format("the batch at offset {} begins before the end of the one "
                            "before it, offset {}",
                            batch.base_offset().value(), place_.value()));
        }
        if (batch.base_offset() > place_ && holes_ == HoleRule::refuse) {
            found_.is_hole = true;
            return doubt(
                fmt::format("offsets [{}, {}) are missing, although the topic is not "
                            "compacted",
                            place_.value(), batch.base_offset().value()));
        }
        has_begun_ = true;
        is_certain_ = batch.base_offset() == place_;
        place_ = batch.next_offset();
        found_.batches.push_back(batch);
        return true;
    }

    void fail(Error error) { found_.rest = std::move(error); }

    FetchedBatches found() && { return std::move(found_); }

private:
    /// One that does not begin where the one before it ends may be the one that is wrong.
    bool doubt(const std::string& what) {
        if (!is_certain_ && !found_.batches.empty()) {
            found_.batches.pop_back();
        }
        fail(Error(Errc::malformed, what));
        return false;
    }

    Offset place_;  // where the next batch should begin
    HoleRule holes_;
    bool has_begun_ = false;
    bool is_certain_ = true;  // of the newest one
    FetchedBatches found_;
};

}  // namespace

FetchedBatches check_fetched(ByteView records, Offset next, HoleRule holes) {
    Check check(next, holes);
    ByteView rest = records;
    while (true) {
        auto batch = protocol::next_batch(rest);
        if (batch.has_error()) {
            check.fail(std::move(batch).error());
            break;
        }
        if (!*batch) {
            if (!records.empty() && rest.size() == records.size()) {
                // Since KIP-74 brokers give the first batch whole, or nothing.
                check.fail(Error(Errc::malformed,
                                 fmt::format("{} bytes that are no whole batch", records.size())));
            }
            break;
        }
        if (!check.take(**batch)) {
            break;
        }
    }
    return std::move(check).found();
}

}  // namespace lockstep::replication
