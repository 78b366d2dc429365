#include "app/continue_links.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::app {
namespace {

/// "" where the link can go on with what the mirror has written.
std::string problem_of(const LinkSpec& link, const ForeignMirror& mirror) {
    if (!link.names.renamed.empty() || link.names.prefix != mirror.prefix) {
        return fmt::format("link {}: its topics have other names on the target than MirrorMaker 2 "
                           "gave them ({})",
                           link.name,
                           mirror.prefix.empty() ? "the same as at the source: no prefix, no rename"
                                                 : fmt::format("prefix: \"{}\"", mirror.prefix));
    }
    return link.offsets == OffsetsMode::preserve
               ? fmt::format("link {}: what MirrorMaker 2 has copied does not have the source's "
                             "offsets; write \"offsets: translate\"",
                             link.name)
               : "";
}

}  // namespace

ContinuedLinks match_mirrors(const std::vector<LinkSpec>& links,
                             const std::vector<ForeignMirror>& mirrors) {
    ContinuedLinks matched;
    for (const ForeignMirror& mirror : mirrors) {
        bool has_link = false;
        for (const LinkSpec& link : links) {
            if (link.source != mirror.source || link.target != mirror.target) {
                continue;
            }
            has_link = true;
            if (std::string problem = problem_of(link, mirror); !problem.empty()) {
                matched.problems.push_back(std::move(problem));
                continue;
            }
            matched.links.push_back(link);
            matched.mirrors.push_back(mirror);
        }
        if (!has_link && !mirror.is_held_back) {
            matched.problems.push_back(
                fmt::format("there is no link from \"{}\" to \"{}\", as MirrorMaker 2 mirrors: "
                            "clusters must be called as in its file",
                            mirror.source, mirror.target));
        }
    }
    return matched;
}

}  // namespace lockstep::app
