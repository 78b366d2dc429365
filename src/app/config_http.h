#pragma once

// PURE: who may come in at the HTTP port, from the section "http" of the configuration.

#include "app/http_access.h"
#include "app/yaml_map.h"
#include "model/security.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lockstep::app {

std::span<const std::string_view> http_keys();
std::span<const std::string_view> http_tls_keys();
std::span<const std::string_view> http_token_keys();

/// Nothing where the port has no TLS.
std::optional<TlsSpec> read_http_tls(YamlMap& http, ConfigProblems& problems);

std::vector<HttpToken> read_http_tokens(YamlMap& http, ConfigProblems& problems);

}  // namespace lockstep::app
