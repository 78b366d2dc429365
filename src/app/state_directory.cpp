#include "app/state_directory.h"

#include "base/log.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <fstream>

namespace lockstep::app {
namespace {

constexpr const char* kLockFile = "lock";
constexpr const char* kNamesFile = "group-members.json";

}  // namespace

Result<std::unique_ptr<StateDirectory>> StateDirectory::take(const std::filesystem::path& path) {
    LS_CHECK(runtime::make_directories(path.string()));
    LS_TRY(lock, runtime::File::open((path / kLockFile).string()));
    auto locked = lock.lock();
    if (locked.has_error() && locked.error().is(Errc::limit_exceeded)) {
        return Error(Errc::invalid_argument,
                     fmt::format("another Lockstep has the state directory {}: each worker needs "
                                 "its own",
                                 path.string()));
    }
    LS_CHECK(std::move(locked));
    std::unique_ptr<StateDirectory> taken(new StateDirectory(path, std::move(lock)));
    taken->read();
    LS_CHECK(taken->write());
    return taken;
}

StateDirectory::StateDirectory(std::filesystem::path path, runtime::File lock)
    : path_(std::move(path)), lock_(std::move(lock)) {}

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

/// Either the former file is there or the new one, however the process ends. After a crash of the
/// machine its names are worth nothing, so nobody waits for the disk (as write_whole_file does).
Result<void> StateDirectory::write() const {
    const auto fresh = path_ / (std::string(kNamesFile) + ".new");
    std::ofstream file(fresh, std::ios::trunc);
    file << nlohmann::json(names_).dump(2) << '\n';
    file.close();
    if (!file || ::rename(fresh.c_str(), (path_ / kNamesFile).c_str()) != 0) {
        return Error(std::error_code(errno, std::generic_category()),
                     fmt::format("write {}", (path_ / kNamesFile).string()));
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
