#pragma once

#include "app/config_problems.h"
#include "app/import_mirror.h"
#include "app/import_setting.h"

namespace lockstep::app {

struct ImportedText {
    std::string yaml;                     // to be used only if there are no problems
    std::vector<ForeignMirror> mirrors;   // of its links, in their order, also held back ones
    std::vector<Ruling> rulings;          // in the order of the foreign file
    std::vector<ConfigProblem> problems;  // with the foreign file
};

/// PURE. MirrorMaker 2's properties, or Strimzi's KafkaMirrorMaker2, as Lockstep's configuration.
/// docs/from-mirrormaker2.md describes it for operators.
/// `use`: whether its links begin copies of their own, or go on with MirrorMaker 2's.
ImportedText import_text(const std::string& text, const std::string& origin,
                         ImportUse use = ImportUse::anew);

}  // namespace lockstep::app
