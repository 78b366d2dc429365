// What a Cluster does so that nothing is lost; storage.h says where it is kept.

#include "runtime/task_group.h"
#include "sandbox/cluster.h"

namespace lockstep::sandbox {

using runtime::Task;

namespace {

/// How long a sync waits for others that want one. The disk takes longer.
constexpr std::chrono::microseconds kGatherFor{200};

}  // namespace

Result<void> Cluster::keep_in(std::unique_ptr<Storage> storage) {
    storage_ = std::move(storage);
    LS_CHECK(storage_->restore(*this));
    unsaved_.topics = true;  // leaders have new epochs
    unsaved_.settings = true;
    return save_and_sync();
}

void Cluster::note_unsaved(const Unsaved& changes) {
    unsaved_.topics = unsaved_.topics || changes.topics;
    unsaved_.settings = unsaved_.settings || changes.settings;
    unsaved_.producer_ids = unsaved_.producer_ids || changes.producer_ids;
    unsaved_.groups.insert(changes.groups.begin(), changes.groups.end());
    unsaved_.transactions.insert(changes.transactions.begin(), changes.transactions.end());
}

Result<void> Cluster::save() {
    if (!storage_ || !unsaved_.any()) {
        return {};
    }
    LS_CHECK(storage_->save(*this, unsaved_));
    unsaved_ = {};
    return {};
}

Result<void> Cluster::save_and_sync() {
    LS_CHECK(save());
    if (storage_ && storage_->has_unsynced()) {
        return storage_->sync();
    }
    return {};
}

/// Whoever comes first waits a moment for others and then syncs for all of them. Who comes while
/// the disk is busy begins the next round: what he wrote may not be in this one.
Task<Result<void>> Cluster::make_safe() {
    auto saved = save();
    if (saved.has_error() || !storage_->has_unsynced()) {
        co_return saved;
    }
    if (round_) {
        const std::shared_ptr<SyncRound> round = round_;
        while (!round->is_done) {
            co_await synced_.wait();  // who began the round ends it, whatever happens
        }
        co_return round->result;
    }
    const auto round = std::make_shared<SyncRound>();
    round_ = round;
    co_await runtime::sleep_for(loop_, kGatherFor, std::stop_token());
    round_.reset();
    round->result = storage_->sync();
    round->is_done = true;
    synced_.notify_all();
    note_log_change();  // high watermarks
    co_return round->result;
}

}  // namespace lockstep::sandbox
