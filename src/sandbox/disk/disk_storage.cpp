#include "sandbox/disk/disk_storage.h"

#include "base/log.h"
#include "sandbox/disk/cluster_image.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::sandbox {

namespace {

/// The journal is written anew once it is so many times as large as it was then.
constexpr size_t kGrowth = 4;

}  // namespace

Result<std::unique_ptr<DiskStorage>> DiskStorage::open(DiskOptions options) {
    std::unique_ptr<DiskStorage> storage(new DiskStorage(std::move(options)));
    const std::string& directory = storage->options_.directory;
    LS_CHECK(runtime::make_directories(directory));
    LS_TRY(lock, File::open(directory + "/lock"));
    LS_CHECK(lock.lock());
    storage->lock_ = std::move(lock);
    LS_CHECK(storage->open_journal());
    return storage;
}

Result<void> DiskStorage::open_journal() {
    LS_TRY(journal, File::open(journal_path()));
    LS_TRY(bytes, runtime::read_whole_file(journal_path()));
    auto replayed = replay_journal(bytes);
    if (replayed.has_error()) {
        return std::move(replayed).error().within(journal_path());
    }
    if (replayed->good_bytes < bytes.size()) {
        log::warn("sandbox: {}: {} bytes of an entry that was not written to its end are cut off",
                  journal_path(), bytes.size() - replayed->good_bytes);
        LS_CHECK(journal.truncate(replayed->good_bytes));
    }
    image_ = std::move(replayed->image);
    if (image_.empty() && !runtime::list_directory(options_.directory + "/topics").empty()) {
        return Error(Errc::not_found,
                     fmt::format("{} says nothing, but there are topics beside it; to begin anew, "
                                 "choose an empty directory",
                                 journal_path()));
    }
    journal_ = std::move(journal);
    compacted_bytes_ = image_.empty() ? 0 : journal_.size_bytes() / kGrowth;
    if (options_.syncing == Syncing::yes) {
        LS_CHECK(journal_.sync());
        LS_CHECK(runtime::sync_directory(options_.directory));
    }
    return {};
}

Result<void> DiskStorage::restore(Cluster& cluster) {
    if (image_.empty()) {
        return {};
    }
    const auto open_log = [this](const Topic& topic, Partition& partition) {
        const auto files = open_files(topic.id, partition.index);
        files->load([&](ByteView batch) { partition.log.take_stored(batch); });
        partition.log.keep_in(files);
    };
    auto restored = sandbox::restore(cluster, image_, open_log);
    if (restored.has_error()) {
        return std::move(restored).error().within(options_.directory);
    }
    drop_unknown(cluster);
    return {};
}

std::string DiskStorage::path_of(const Uuid& topic) const {
    return fmt::format("{}/topics/{}", options_.directory, topic.to_string());
}

std::shared_ptr<PartitionFiles> DiskStorage::open_files(const Uuid& topic, PartitionIndex index) {
    return std::make_shared<PartitionFiles>(fmt::format("{}/{}", path_of(topic), index.value()),
                                            unsynced_);
}

std::shared_ptr<LogStorage> DiskStorage::open_log(const Uuid& topic, PartitionIndex index) {
    auto files = open_files(topic, index);
    files->load([](ByteView) {});  // a new partition has none; it learns its end
    return files;
}

Result<void> DiskStorage::save(Cluster& cluster, const Unsaved& unsaved) {
    if (is_journal_lost_) {
        return Error(Errc::internal, journal_path() + " could not be synced; restart to go on");
    }
    const ImageChanges changes = changes_of(cluster, unsaved, image_);
    const bool has_lost_topics = std::ranges::any_of(changes, [this](const auto& change) {
        return is_topic(change.first) && image_.contains(change.first);
    });
    if (!changes.empty()) {
        LS_CHECK(journal_.append(encode_entry(changes)));
        is_journal_unsynced_ = options_.syncing == Syncing::yes;
        apply(changes, image_);
    }
    if (unsaved.topics) {
        // A crash of the machine must not find the files gone and the journal as it was.
        if (is_journal_unsynced_) {
            LS_CHECK(sync());
        }
        for (const auto& [name, topic] : cluster.topics()) {
            for (const auto& partition : topic->partitions) {
                partition->log.trim_storage();
            }
        }
        if (has_lost_topics) {
            drop_unknown(cluster);
        }
    }
    const size_t limit = std::max(options_.journal_bytes, compacted_bytes_ * kGrowth);
    if (journal_.size_bytes() > limit) {
        compact_journal();
    }
    return {};
}

/// Files of topics that the journal does not know: deleted ones, and new ones of which nobody was
/// told before the process ended.
void DiskStorage::drop_unknown(const Cluster& cluster) {
    for (const std::string& name : runtime::list_directory(options_.directory + "/topics")) {
        const auto id = Uuid::parse(name);
        if (id && !cluster.find_topic(*id)) {
            runtime::remove_path(path_of(*id));
        }
    }
}

/// The old journal stays where the new one cannot be written.
void DiskStorage::compact_journal() {
    ImageChanges everything;
    for (const auto& [key, value] : image_) {
        everything[key] = value;
    }
    const auto written = runtime::write_whole_file(journal_path(), encode_entry(everything));
    auto journal = written.has_error() ? Result<File>(written.error()) : File::open(journal_path());
    if (journal.has_error()) {
        log::warn("sandbox: {}", journal.error().message());
        compacted_bytes_ = journal_.size_bytes();  // not at once again
        is_journal_lost_ = written.has_value();
        return;
    }
    journal_ = std::move(*journal);
    compacted_bytes_ = journal_.size_bytes();
    is_journal_unsynced_ = false;
}

Result<void> DiskStorage::sync() {
    Result<void> result;
    if (is_journal_unsynced_) {
        is_journal_unsynced_ = false;
        result = journal_.sync();
        is_journal_lost_ = result.has_error();
    }
    const Unsynced unsynced = unsynced_ ? std::exchange(*unsynced_, {}) : Unsynced();
    for (const auto& one : unsynced) {
        const auto files = one.lock();  // deleted topics need no sync
        auto synced = files ? files->sync() : Result<void>();
        if (synced.has_error()) {
            result = std::move(synced);
        }
    }
    return result;
}

}  // namespace lockstep::sandbox
