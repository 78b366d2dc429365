#pragma once

#include "app/import_setting.h"

namespace lockstep::app {

/// The section `security` of a cluster, line by line, and what it comes from.
struct ImportedSecurity {
    std::vector<std::string> lines;
    std::vector<Ruling> because;
};

/// PURE. Whether a setting of a cluster is about TLS or SASL.
bool is_security_key(std::string_view key);

/// PURE. `settings` are a cluster's own, with their keys as Java's clients have them. Passwords are
/// not written: each is to be put into a variable of the environment, which is named after the
/// cluster. Nothing is written where no login and no TLS is asked for, or where Lockstep could not
/// log in.
ImportedSecurity import_security(const std::string& cluster,
                                 const std::vector<ForeignSetting>& settings);

}  // namespace lockstep::app
