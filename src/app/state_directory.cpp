#include "app/state_directory.h"

#include "base/log.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace lockstep::app {
namespace {

constexpr const char* kLockFile = "lock";
constexpr const char* kNamesFile = "group-members.json";

Error cannot(std::string_view what, const std::filesystem::path& path) {
    return Error(Errc::invalid_argument,
                 fmt::format("{} {}: {}", what, path.string(), std::strerror(errno)));
}

}  // namespace

Result<std::unique_ptr<StateDirectory>> StateDirectory::take(const std::filesystem::path& path) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed) {
        return Error(Errc::invalid_argument, fmt::format("make the state directory {}: {}",
                                                         path.string(), failed.message()));
    }
    const int lock = ::open((path / kLockFile).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        return cannot("open", path / kLockFile);
    }
    std::unique_ptr<StateDirectory> taken(new StateDirectory(path, lock));
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return Error(Errc::invalid_argument,
                         fmt::format("another Lockstep has the state directory {}: each worker "
                                     "needs its own",
                                     path.string()));
        }
        return cannot("lock", path / kLockFile);
    }
    taken->read();
    LS_CHECK(taken->write());
    return taken;
}

StateDirectory::StateDirectory(std::filesystem::path path, int lock)
    : path_(std::move(path)), lock_(lock) {}

StateDirectory::~StateDirectory() {
    ::close(lock_);
}

/// What cannot be read is forgotten: it only spares waiting.
void StateDirectory::read() {
    std::ifstream file(path_ / kNamesFile);
    const auto read = nlohmann::json::parse(file, nullptr, false);
    if (!read.is_object()) {
        return;
    }
    for (const auto& [group, name] : read.items()) {
        if (name.is_string()) {
            names_[group] = name.get<std::string>();
        }
    }
}

/// Either the former file is there or the new one, however the process ends.
Result<void> StateDirectory::write() const {
    const auto fresh = path_ / (std::string(kNamesFile) + ".new");
    std::ofstream file(fresh, std::ios::trunc);
    file << nlohmann::json(names_).dump(2) << '\n';
    file.close();
    if (!file || ::rename(fresh.c_str(), (path_ / kNamesFile).c_str()) != 0) {
        return cannot("write", path_ / kNamesFile);
    }
    return {};
}

std::string StateDirectory::name_in(std::string_view group) const {
    const auto found = names_.find(group);
    return found == names_.end() ? "" : found->second;
}

void StateDirectory::keep(std::string_view group, std::string_view name) {
    if (name_in(group) == name) {
        return;
    }
    if (name.empty()) {
        names_.erase(names_.find(group));
    } else {
        names_.insert_or_assign(std::string(group), std::string(name));
    }
    const auto written = write();
    if (written.has_error()) {
        log::warn("{}: the next process has to wait for its turn", written.error().message());
    }
}

}  // namespace lockstep::app
