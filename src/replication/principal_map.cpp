#include "replication/principal_map.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace lockstep::replication {
namespace {

constexpr size_t kMostGroups = 10;  // \0 to \9

Result<std::unique_ptr<re2::RE2>> compiled(const std::string& text) {
    auto expression = std::make_unique<re2::RE2>(text, re2::RE2::Quiet);
    if (!expression->ok()) {
        return Error(Errc::invalid_argument, fmt::format("\"{}\" is no regular expression ({})",
                                                         text, expression->error()));
    }
    return expression;
}

}  // namespace

PrincipalMap::PrincipalMap() = default;
PrincipalMap::PrincipalMap(PrincipalMap&&) noexcept = default;
PrincipalMap& PrincipalMap::operator=(PrincipalMap&&) noexcept = default;
PrincipalMap::~PrincipalMap() = default;

Result<PrincipalMap> PrincipalMap::make(const AclRules& rules) {
    PrincipalMap map;
    for (const PrincipalRule& rule : rules.principals) {
        LS_TRY(from, compiled(rule.from));
        std::string problem;
        if (!from->CheckRewriteString(rule.to, &problem)) {
            return Error(Errc::invalid_argument,
                         fmt::format("\"{}\" cannot take the place of what \"{}\" matches ({})",
                                     rule.to, rule.from, problem));
        }
        map.rules_.push_back({std::move(from), rule.to});
    }
    for (const std::string& text : rules.exclude_principals) {
        LS_TRY(excluded, compiled(text));
        map.excluded_.push_back(std::move(excluded));
    }
    return map;
}

std::optional<std::string> PrincipalMap::on_target(const std::string& principal) const {
    return is_left_alone(principal) ? std::nullopt : std::optional(renamed(principal));
}

bool PrincipalMap::is_left_alone(const std::string& principal) const {
    return std::ranges::any_of(excluded_, [&](const auto& expression) {
        return re2::RE2::FullMatch(principal, *expression);
    });
}

std::string PrincipalMap::renamed(const std::string& principal) const {
    std::array<re2::StringPiece, kMostGroups> groups;
    for (const Rule& rule : rules_) {
        const int count = 1 + re2::RE2::MaxSubmatch(rule.to);
        std::string renamed;
        if (rule.from->Match(principal, 0, principal.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                             count) &&
            rule.from->Rewrite(&renamed, rule.to, groups.data(), count)) {
            return renamed;
        }
    }
    return principal;
}

}  // namespace lockstep::replication
