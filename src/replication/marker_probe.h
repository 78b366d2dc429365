#pragma once

#include "client/cluster.h"

#include <stop_token>
#include <string>

namespace lockstep::replication {

/// Why the target takes no transaction markers from us; "" where it does. A target that knows no
/// such request has answered, too. Errors: it could not be asked.
runtime::Task<Result<std::string>> probe_markers(client::Cluster& target, std::stop_token stop);

}  // namespace lockstep::replication
