#include "app/import_text.h"

#include "app/import_properties.h"
#include "app/import_strimzi.h"
#include "app/import_yaml.h"

namespace lockstep::app {
namespace {

constexpr std::string_view kPlaceholder = "${";

/// Values that MirrorMaker 2 takes from elsewhere are not known here.
void point_at_placeholders(ImportedMirrors& mirrors) {
    const auto look = [](std::vector<Ruling>& rulings) {
        for (Ruling& ruling : rulings) {
            const bool is_used = ruling.verdict == Verdict::taken;
            if (is_used && ruling.from.value.find(kPlaceholder) != std::string::npos) {
                ruling.verdict = Verdict::by_hand;
                ruling.why = "put the value in the placeholder's place";
            }
        }
    };
    for (ImportedCluster& cluster : mirrors.clusters) {
        look(cluster.bootstrap.because);
    }
    for (ImportedLink& link : mirrors.links) {
        look(link.topics.because);
        look(link.exclude.because);
        look(link.groups.because);
        look(link.exclude_groups.because);
    }
}

}  // namespace

ImportedText import_text(const std::string& text, const std::string& origin, ImportUse use) {
    ConfigProblems problems;
    ImportedText result;
    const std::vector<ForeignSetting> settings =
        looks_like_kubernetes(text) ? read_strimzi(text, problems) : parse_properties(text);
    result.problems = problems.take_sorted();
    if (!result.problems.empty()) {
        return result;
    }
    ImportedMirrors mirrors = import_mirrors(settings, use, problems);
    point_at_placeholders(mirrors);
    result.problems = problems.take_sorted();
    if (result.problems.empty()) {
        result.yaml = render_import(mirrors, origin);
        result.rulings = all_rulings(mirrors);
        for (const ImportedLink& link : mirrors.links) {
            result.mirrors.push_back(link.mirror);
        }
    }
    return result;
}

}  // namespace lockstep::app
