#pragma once

// PURE: the single values of a configuration, from their text. An error is the end of a sentence
// that begins with the text in question ("... has no port; write HOST:PORT").

#include "model/link.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lockstep::app {

enum class PortZero { allowed, forbidden };

/// "host:9092", "10.0.0.1:9092" or "[::1]:9092".
std::variant<Endpoint, std::string> parse_endpoint(std::string_view text, PortZero port_zero);

/// What is wrong with the name of a cluster or a link; nothing where it is fine. Names appear in
/// metrics, client ids and URLs.
std::optional<std::string> name_problem(std::string_view name);

/// What is wrong with an entry of `topics` or `exclude`; nothing where it is fine. A legal topic
/// name stands for itself, everything else is an RE2 expression.
std::optional<std::string> topic_pattern_problem(const std::string& pattern);

}  // namespace lockstep::app
