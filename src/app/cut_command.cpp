#include "app/cut_command.h"

#include "app/config_file.h"
#include "app/cut_report.h"
#include "app/exit_code.h"
#include "app/process_runtime.h"
#include "app/text_layout.h"
#include "runtime/task_group.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::app {
namespace {

/// Finds the cuts of all links that are asked for, on one loop; lives for one run.
class CutSession {
public:
    explicit CutSession(Config config) : config_(std::move(config)) {}

    std::vector<replication::LinkCut> run() {
        tasks_.spawn("find cuts", find_all());
        process_.loop.run();
        return std::move(links_);
    }

private:
    runtime::Task<void> find_all() {
        for (const LinkSpec& link : config_.links) {
            replication::CutRequest request;
            request.clusters = config_.clusters;
            request.link = link;
            auto found = co_await replication::find_cut(process_.runtime, std::move(request),
                                                        tasks_.stop_token());
            links_.push_back(std::move(found));
        }
        process_.loop.finish();
    }

    Config config_;
    ProcessRuntime process_;
    std::vector<replication::LinkCut> links_;
    runtime::TaskGroup tasks_{process_.loop};
};

/// Leaves only the link of that name; what is wrong where there is none, else "".
std::string keep_link(Config& config, const std::string& name) {
    std::vector<std::string> names;
    for (const LinkSpec& link : config.links) {
        names.push_back(link.name);
    }
    std::erase_if(config.links, [&](const LinkSpec& link) { return link.name != name; });
    return config.links.empty() ? fmt::format("lockstep: there is no link \"{}\"; there are {}\n",
                                              printable(name), fmt::join(names, ", "))
                                : "";
}

}  // namespace

int cut_command(const CutOptions& options) {
    auto loaded = read_config_file(options.config_path);
    if (const auto* problems = std::get_if<std::string>(&loaded)) {
        fmt::print(stderr, "{}", *problems);
        return kExitUsage;
    }
    Config& config = std::get<Config>(loaded);
    const std::string problem = options.link.empty() ? "" : keep_link(config, options.link);
    if (!problem.empty()) {
        fmt::print(stderr, "{}", problem);
        return kExitUsage;
    }
    log::set_level(log::Level::error);  // the report says it all
    const auto links = CutSession(std::move(config)).run();
    fmt::print("{}", options.as_json ? cut_json(links) : render_cuts(links));
    return has_trouble(links) ? kExitTrouble : kExitSuccess;
}

}  // namespace lockstep::app
