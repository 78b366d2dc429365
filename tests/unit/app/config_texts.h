#pragma once

// Configurations as texts, for the tests of how they are read.

#include "app/config.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <utility>

namespace lockstep::app {

inline Config config_of(const std::string& text) {
    ParsedConfig parsed = parse_config(text);
    for (const ConfigProblem& problem : parsed.problems) {
        ADD_FAILURE() << problem.to_string("c.yaml");
    }
    return std::move(parsed.config);
}

/// All problems, one per line.
inline std::string problems_of(const std::string& text) {
    std::string lines;
    for (const ConfigProblem& problem : parse_config(text).problems) {
        lines += problem.to_string("c.yaml") + "\n";
    }
    return lines;
}

struct BadConfig {
    const char* name;
    std::string text;
    const char* problems;
};

inline void PrintTo(const BadConfig& bad, std::ostream* out) {
    *out << bad.name;
}

}  // namespace lockstep::app
