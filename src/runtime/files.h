#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <string>
#include <vector>

namespace lockstep::runtime {

// All calls of the operating system for files that Lockstep writes itself. Errors name the path and
// say what the system said.

/// An open file; closes itself.
class File {
public:
    /// Nothing is open.
    File() = default;
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();

    /// For reading and writing; made if it is not there.
    static Result<File> open(const std::string& path);

    bool is_open() const { return descriptor_ >= 0; }
    const std::string& path() const { return path_; }
    size_t size_bytes() const { return size_bytes_; }

    /// Behind what is there. After an error what was written of it is taken back; where even that
    /// fails, before the next append.
    Result<void> append(ByteView bytes);
    Result<void> truncate(size_t size_bytes);
    /// Onto the disk (fdatasync).
    Result<void> sync();

    /// Only for this process, until it is closed or the process ends. Errors: `limit_exceeded`
    /// where another process has it.
    Result<void> lock();

private:
    std::string path_;
    int descriptor_ = -1;
    size_t size_bytes_ = 0;
    bool is_torn_ = false;  // there are bytes behind its end that do not belong there
};

Result<Bytes> read_whole_file(const std::string& path);
/// The file comes to be with these bytes, on the disk, or is as it was: write, sync, rename, sync
/// of the directory.
Result<void> write_whole_file(const std::string& path, ByteView bytes);
/// With those above it.
Result<void> make_directories(const std::string& path);
/// New and renamed files are in it after a crash of the machine, too.
Result<void> sync_directory(const std::string& path);
/// Names, sorted; empty where there is no such directory.
std::vector<std::string> list_directory(const std::string& path);
/// A file, or a directory with all that is in it.
void remove_path(const std::string& path);

}  // namespace lockstep::runtime
