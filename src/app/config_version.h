#pragma once

// PURE: the desired state of a deployment, as it is kept in the topic `__lockstep_config`: each
// version a whole configuration, with who applied it and when.
//
//     key    "version-0000000012"
//     value  a JSON object: version, applied_at_ms, who, note, text

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::app {

struct ConfigVersion {
    int64_t version = 0;        // from 1
    int64_t applied_at_ms = 0;  // since 1970
    std::string who;            // user and machine
    std::string note;           // "rollback to 3"; mostly ""
    std::string text;           // the configuration

    bool operator==(const ConfigVersion&) const = default;

    std::string key() const;
    std::string value() const;
    /// Errors: `malformed`.
    static Result<ConfigVersion> parse(std::string_view value);
};

/// Why a version must not be applied again; "" where it may. It may be of a Lockstep that knew
/// other keys, or that let secrets pass.
std::string problem_of_version(const ConfigVersion& version);

/// What changes from one text to another, line by line: "  same", "- gone", "+ new", with three
/// lines around each change; "" where nothing does.
std::string diff_lines(const std::string& before, const std::string& after);

/// A table with a line for each version, the newest last.
std::string render_history(const std::vector<ConfigVersion>& versions);
std::string history_json(const std::vector<ConfigVersion>& versions);

/// For scripts, what `apply` and `rollback` did: the version that is the newest now, and whether it
/// has come by this.
std::string applied_json(int64_t version, bool is_new);

/// What `diff` found against the newest version, 0 where there is none: whether that is the same
/// configuration, and the lines that are to be shown.
std::string diff_json(int64_t newest, bool is_same, const std::string& lines);

}  // namespace lockstep::app
