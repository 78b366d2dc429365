#pragma once

#include "sandbox/cluster.h"

#include <string>

namespace lockstep::sandbox {

std::string new_member_uuid(Rng& rng);

}  // namespace lockstep::sandbox
