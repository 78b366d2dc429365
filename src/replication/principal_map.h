#pragma once

// PURE: who is who on the target.

#include "base/result.h"
#include "model/follow_rules.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace lockstep::replication {

/// The first rule whose RE2 expression matches the whole principal ("User:alice") says what it is
/// called on the target, with \1 to \9 for its groups; one that no rule matches keeps its name.
class PrincipalMap {
public:
    /// Errors: `invalid_argument` for an expression, or a replacement, that is none.
    static Result<PrincipalMap> make(const AclRules& rules);

    PrincipalMap(PrincipalMap&&) noexcept;
    PrincipalMap& operator=(PrincipalMap&&) noexcept;
    ~PrincipalMap();

    /// Nothing for whom the link leaves alone.
    std::optional<std::string> on_target(const std::string& principal) const;

    bool is_left_alone(const std::string& principal) const;
    /// What it would be called on the target, left alone or not.
    std::string renamed(const std::string& principal) const;

private:
    struct Rule {
        std::unique_ptr<re2::RE2> from;
        std::string to;
    };

    PrincipalMap();

    std::vector<Rule> rules_;
    std::vector<std::unique_ptr<re2::RE2>> excluded_;
};

}  // namespace lockstep::replication
