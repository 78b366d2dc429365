#pragma once

// PURE: which records a link carries, by whose they are known as where it reads them.

#include "model/link.h"

#include <string>

namespace lockstep {

/// A cluster knows records as those of the cluster where they were born, or, behind a plain link,
/// as those of the link's source, wherever they were born.
bool is_carried(const LinkSpec& link, const std::string& known_as);

}  // namespace lockstep
