#include "sandbox/disk/partition_files.h"

#include "base/log.h"
#include "protocol/record_batch.h"
#include "sandbox/disk/log_scan.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

namespace lockstep::sandbox {

using protocol::RecordBatchView;

namespace {

constexpr size_t kLargestFileBytes = 64U << 20;
constexpr size_t kGenerationDigits = 6;
constexpr size_t kOffsetDigits = 20;
constexpr std::string_view kEnding = ".log";

struct FileName {
    int generation = 0;
    Offset begin;
};

std::optional<FileName> parse_name(std::string_view name) {
    if (name.size() != kGenerationDigits + 1 + kOffsetDigits + kEnding.size() ||
        !name.ends_with(kEnding)) {
        return std::nullopt;
    }
    FileName parsed;
    int64_t begin = 0;
    const char* offset = name.data() + kGenerationDigits + 1;
    const auto first = std::from_chars(name.data(), offset - 1, parsed.generation);
    const auto second = std::from_chars(offset, offset + kOffsetDigits, begin);
    parsed.begin = Offset(begin);
    const bool is_right = first.ec == std::errc() && second.ec == std::errc() && begin >= 0;
    return is_right ? std::optional(parsed) : std::nullopt;
}

}  // namespace

std::string PartitionFiles::path_of(Offset begin) const {
    return fmt::format("{}/{:06}-{:020}.log", directory_, generation_, begin.value());
}

void PartitionFiles::load(const std::function<void(ByteView batch)>& take) {
    std::vector<FileName> names;
    for (const std::string& name : runtime::list_directory(directory_)) {
        if (const auto parsed = parse_name(name)) {
            names.push_back(*parsed);
            generation_ = std::max(generation_, parsed->generation);
        }
    }
    Offset end(0);
    for (const FileName& name : names) {
        if (name.generation != generation_) {
            runtime::remove_path(fmt::format("{}/{:06}-{:020}.log", directory_, name.generation,
                                             name.begin.value()));
            continue;
        }
        const auto loaded = is_damaged_ ? Result<void>() : load_segment(name.begin, end, take);
        if (loaded.has_error()) {
            fail(loaded.error());
        }
    }
    end_ = end;
    safe_end_ = syncing_ == Syncing::yes ? end : kEverything;
}

Result<void> PartitionFiles::load_segment(Offset begin, Offset& end,
                                          const std::function<void(ByteView batch)>& take) {
    const std::string path = path_of(begin);
    if (begin < end) {
        return Error(Errc::malformed,
                     fmt::format("{} begins before the end of the file before it", path));
    }
    if (!segments_.empty() && begin != end) {
        // Each file begins where the one before it ended, except for one that nobody wrote to.
        return Error(Errc::malformed, fmt::format("records from {} to {} are missing before {}",
                                                  end.value(), begin.value(), path));
    }
    LS_TRY(bytes, runtime::read_whole_file(path));
    const LogScan scan = scan_log(bytes, begin);
    if (scan.is_damaged) {
        return Error(Errc::checksum_mismatch,
                     fmt::format("{}: the batch at byte {} is damaged, and there are whole ones "
                                 "behind it",
                                 path, scan.good_bytes));
    }
    LS_TRY(file, File::open(path));
    if (scan.good_bytes < bytes.size()) {
        log::warn("sandbox: {}: {} bytes of a batch that was not written to its end are cut off",
                  path, bytes.size() - scan.good_bytes);
        LS_CHECK(file.truncate(scan.good_bytes));
    }
    // A process that was killed had written more than it had synced.
    if (syncing_ == Syncing::yes) {
        LS_CHECK(file.sync());
    }
    ByteView rest = ByteView(bytes).subspan(0, scan.good_bytes);
    while (!rest.empty()) {
        const auto batch = protocol::next_batch(rest);
        take((*batch)->bytes());
    }
    end = scan.end;
    segments_.push_back({begin, std::move(file)});
    return {};
}

/// Nothing of it is given away any more, and the files stay as they are, for people to look at.
void PartitionFiles::fail(const Error& error) {
    log::error("sandbox: {}; this partition is out of service", error.message());
    is_damaged_ = true;
}

Result<void> PartitionFiles::add_segment(Offset begin) {
    LS_CHECK(runtime::make_directories(directory_));
    LS_TRY(file, File::open(path_of(begin)));
    LS_CHECK(file.truncate(0));
    if (syncing_ == Syncing::yes) {
        // The partition's, its topic's, and the one of all topics.
        std::filesystem::path directory = directory_;
        for (int above = 0; above < 3; ++above) {
            LS_CHECK(runtime::sync_directory(directory.string()));
            directory = directory.parent_path();
        }
    }
    segments_.push_back({begin, std::move(file)});
    return {};
}

Result<void> PartitionFiles::append(ByteView batch) {
    const RecordBatchView view = *RecordBatchView::open(batch);
    if (is_damaged_) {
        return Error(Errc::internal, fmt::format("{} is out of service", directory_));
    }
    if (segments_.empty() || segments_.back().file.size_bytes() >= kLargestFileBytes) {
        LS_CHECK(add_segment(view.base_offset()));
    }
    File& file = segments_.back().file;
    const auto written = file.append(batch);
    if (written.has_error()) {
        return written.error();
    }
    note_unsynced(view.base_offset());
    end_ = view.next_offset();
    return {};
}

/// The last file has changed from there on.
void PartitionFiles::note_unsynced(Offset begin) {
    if (syncing_ == Syncing::no) {
        return;
    }
    safe_end_ = std::min(safe_end_, begin);
    if (!has_unsynced_) {
        has_unsynced_ = true;
        first_unsynced_ = segments_.size() - 1;
        unsynced_->push_back(weak_from_this());
    }
    first_unsynced_ = std::min(first_unsynced_, segments_.size() - 1);
}

Result<void> PartitionFiles::sync() {
    if (!has_unsynced_) {
        return {};
    }
    for (size_t i = std::min(first_unsynced_, segments_.size()); i < segments_.size(); ++i) {
        const auto synced = segments_[i].file.sync();
        if (synced.has_error()) {
            has_unsynced_ = false;
            fail(synced.error());  // what a failed sync leaves behind nobody knows
            return synced.error();
        }
    }
    has_unsynced_ = false;
    safe_end_ = end_;
    return {};
}

void PartitionFiles::truncate(Offset end) {
    while (!segments_.empty() && segments_.back().begin >= end) {
        runtime::remove_path(segments_.back().file.path());
        segments_.pop_back();
    }
    end_ = std::min(end_, end);
    if (segments_.empty()) {
        return;
    }
    File& file = segments_.back().file;
    const auto bytes = runtime::read_whole_file(file.path());
    if (bytes.has_error()) {
        fail(bytes.error());
        return;
    }
    ByteView rest = *bytes;
    size_t kept_bytes = 0;
    while (!rest.empty()) {
        const auto batch = protocol::next_batch(rest);
        if (batch.has_error() || !batch->has_value() || (*batch)->base_offset() >= end) {
            break;
        }
        kept_bytes += (*batch)->size_bytes();
    }
    const auto cut = file.truncate(kept_bytes);
    if (cut.has_error()) {
        fail(cut.error());
        return;
    }
    note_unsynced(end_);
}

void PartitionFiles::replace(const std::vector<Bytes>& kept) {
    std::vector<Segment> old = std::move(segments_);
    segments_.clear();
    if (!kept.empty()) {
        ++generation_;
        Bytes all;
        for (const Bytes& batch : kept) {
            all.insert(all.end(), batch.begin(), batch.end());
        }
        const Offset begin = RecordBatchView::open(kept.front())->base_offset();
        const auto written = runtime::write_whole_file(path_of(begin), all);
        auto file =
            written.has_error() ? Result<File>(written.error()) : File::open(path_of(begin));
        if (file.has_error()) {
            fail(file.error());
            return;
        }
        segments_.push_back({begin, std::move(*file)});
    }
    for (const Segment& segment : old) {
        runtime::remove_path(segment.file.path());
    }
    first_unsynced_ = 0;
}

void PartitionFiles::forget_before(Offset start) {
    size_t gone = 0;
    while (gone < segments_.size()) {
        const Offset end = gone + 1 < segments_.size() ? segments_[gone + 1].begin : end_;
        if (end > start || segments_[gone].file.size_bytes() == 0) {
            break;
        }
        runtime::remove_path(segments_[gone].file.path());
        ++gone;
    }
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(gone));
    first_unsynced_ -= std::min(first_unsynced_, gone);
}

}  // namespace lockstep::sandbox
