#pragma once

#include "app/config.h"
#include "app/import_mirror.h"

#include <string>
#include <vector>

namespace lockstep::app {

/// Links that go on with mirrors of MirrorMaker 2, each with its own.
struct ContinuedLinks {
    std::vector<LinkSpec> links;
    std::vector<ForeignMirror> mirrors;
    std::vector<std::string> problems;  // why one cannot
};

/// PURE. Finds the link of each mirror in a configuration that somebody has finished by hand. What
/// else it has is nobody's mirror.
ContinuedLinks match_mirrors(const std::vector<LinkSpec>& links,
                             const std::vector<ForeignMirror>& mirrors);

}  // namespace lockstep::app
