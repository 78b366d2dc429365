#pragma once

#include "app/import_mirror.h"

namespace lockstep::app {

/// PURE. Lockstep's configuration as text, each ruling as a comment where it belongs. `origin` is
/// the foreign file's name.
std::string render_import(const ImportedMirrors& mirrors, const std::string& origin);

/// PURE. All rulings, in the order of the foreign file.
std::vector<Ruling> all_rulings(const ImportedMirrors& mirrors);

/// "changed: refresh.topics.enabled = false (line 7); why". Secrets are hidden.
std::string to_string(const Ruling& ruling);

}  // namespace lockstep::app
