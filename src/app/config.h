#pragma once

// PURE: the configuration file's text to values. docs/configuration.md describes each key for
// operators; a test holds it to config_keys().

#include "app/config_problems.h"
#include "app/http_access.h"
#include "base/log.h"
#include "model/link.h"
#include "model/topology.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

struct Config {
    std::vector<ClusterSpec> clusters;
    std::vector<LinkSpec> links;  // also those that replications were compiled to
    std::vector<ReplicationSpec> replications;
    Endpoint http_listen{"127.0.0.1", 7878};
    std::optional<TlsSpec> http_tls;     // its `ca`: by whom clients must be issued
    std::vector<HttpToken> http_tokens;  // none: everybody may do everything
    Limits limits;
    log::Level log_level = log::Level::info;
};

struct ParsedConfig {
    Config config;                        // to be used only if there are no problems
    std::vector<ConfigProblem> problems;  // all of them, in the order of the text
    std::vector<LiteralSecret> secrets;   // the same
};

ParsedConfig parse_config(const std::string& text);

/// Every key that parse_config knows, as a path: "links.replication_factor".
std::vector<std::string> config_keys();

}  // namespace lockstep::app
