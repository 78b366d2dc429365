#pragma once

#include "base/result.h"
#include "client/member_names.h"
#include "runtime/files.h"

#include <filesystem>
#include <map>
#include <memory>

namespace lockstep::app {

/// A directory that one worker at a time has (`run --state-dir`), with what it remembers for the
/// next process: its names in groups. Nothing that is copied depends on it.
class StateDirectory : public client::MemberNames {
public:
    /// Makes the directory where it is not there, and takes it. Errors: `invalid_argument` where
    /// another process has it; the system's, where it cannot be made or written.
    static Result<std::unique_ptr<StateDirectory>> take(const std::filesystem::path& path);

    std::string name_in(std::string_view group) const override;
    void keep(std::string_view group, std::string_view name) override;

private:
    StateDirectory(std::filesystem::path path, runtime::File lock);
    void read();
    Result<void> write() const;

    std::filesystem::path path_;
    runtime::File lock_;
    std::map<std::string, std::string, std::less<>> names_;  // by group
};

}  // namespace lockstep::app
