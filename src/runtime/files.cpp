#include "runtime/files.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace lockstep::runtime {

namespace {

Error failure(std::string_view what, const std::string& path) {
    return {std::error_code(errno, std::generic_category()), fmt::format("{} {}", what, path)};
}

template <typename Call>
auto again_when_interrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

}  // namespace

File::File(File&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_bytes_(other.size_bytes_),
      is_torn_(other.is_torn_) {}

File& File::operator=(File&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(size_bytes_, other.size_bytes_);
    std::swap(is_torn_, other.is_torn_);
    return *this;
}

File::~File() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

Result<File> File::open(const std::string& path) {
    File file;
    file.path_ = path;
    file.descriptor_ = again_when_interrupted(
        [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); });
    struct stat status {};
    if (file.descriptor_ < 0 || ::fstat(file.descriptor_, &status) != 0) {
        return failure("open", path);
    }
    file.size_bytes_ = static_cast<size_t>(status.st_size);
    return file;
}

Result<void> File::append(ByteView bytes) {
    if (is_torn_) {
        LS_CHECK(truncate(size_bytes_));
    }
    size_t written = 0;
    while (written < bytes.size()) {
        const ByteView rest = bytes.subspan(written);
        const ssize_t count = again_when_interrupted([&] {
            return ::pwrite(descriptor_, rest.data(), rest.size(),
                            static_cast<off_t>(size_bytes_ + written));
        });
        if (count <= 0) {
            Error error = failure("write", path_);
            is_torn_ =
                written > 0 && ::ftruncate(descriptor_, static_cast<off_t>(size_bytes_)) != 0;
            return error;
        }
        written += static_cast<size_t>(count);
    }
    size_bytes_ += written;
    return {};
}

Result<void> File::truncate(size_t size_bytes) {
    if (again_when_interrupted(
            [&] { return ::ftruncate(descriptor_, static_cast<off_t>(size_bytes)); }) != 0) {
        return failure("truncate", path_);
    }
    size_bytes_ = size_bytes;
    is_torn_ = false;
    return {};
}

Result<void> File::sync() {
    if (again_when_interrupted([&] { return ::fdatasync(descriptor_); }) != 0) {
        return failure("sync", path_);
    }
    return {};
}

Result<void> File::lock() {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
        return {};
    }
    if (errno == EWOULDBLOCK) {
        return Error(Errc::limit_exceeded,
                     fmt::format("{} is locked: another process uses this directory", path_));
    }
    return failure("lock", path_);
}

Result<Bytes> read_whole_file(const std::string& path) {
    LS_TRY(size, [&]() -> Result<size_t> {
        std::error_code code;
        const auto bytes = std::filesystem::file_size(path, code);
        if (code) {
            return Error(code, fmt::format("read {}", path));
        }
        return static_cast<size_t>(bytes);
    }());
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return failure("open", path);
    }
    Bytes bytes(size);
    size_t at = 0;
    ssize_t count = 1;
    while (at < size && count > 0) {
        count = again_when_interrupted([&] {
            return ::pread(descriptor, bytes.data() + at, size - at, static_cast<off_t>(at));
        });
        at += count > 0 ? static_cast<size_t>(count) : 0;
    }
    Error error = failure("read", path);
    ::close(descriptor);
    if (count < 0) {
        return error;
    }
    bytes.resize(at);
    return bytes;
}

Result<void> write_whole_file(const std::string& path, ByteView bytes) {
    const std::string fresh = path + ".new";
    {
        LS_TRY(file, File::open(fresh));
        LS_CHECK(file.truncate(0));
        LS_CHECK(file.append(bytes));
        LS_CHECK(file.sync());
    }
    if (::rename(fresh.c_str(), path.c_str()) != 0) {
        return failure("rename to", path);
    }
    return sync_directory(std::filesystem::path(path).parent_path().string());
}

Result<void> make_directories(const std::string& path) {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (code) {
        return Error(code, fmt::format("make directory {}", path));
    }
    return {};
}

Result<void> sync_directory(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return failure("open", path);
    }
    const bool is_synced = ::fsync(descriptor) == 0;
    Error error = failure("sync", path);
    ::close(descriptor);
    if (!is_synced) {
        return error;
    }
    return {};
}

std::vector<std::string> list_directory(const std::string& path) {
    std::vector<std::string> names;
    std::error_code code;
    for (std::filesystem::directory_iterator at(path, code), end; !code && at != end;
         at.increment(code)) {
        names.push_back(at->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

void remove_path(const std::string& path) {
    std::error_code ignored;  // what stays is looked at again at the next start
    std::filesystem::remove_all(path, ignored);
}

}  // namespace lockstep::runtime
