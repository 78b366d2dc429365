#include "app/check_command.h"

#include "app/check_report.h"
#include "app/config_file.h"
#include "app/exit_code.h"
#include "app/process_runtime.h"
#include "replication/plan.h"
#include "replication/plan_routes.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace lockstep::app {
namespace {

constexpr std::chrono::seconds kPatience{60};

/// Plans all links of a configuration on one loop; lives for one check.
class CheckSession {
public:
    explicit CheckSession(Config config) : config_(std::move(config)) {}

    std::vector<replication::LinkPlan> run();

private:
    runtime::Task<void> plan_all();

    Config config_;
    ProcessRuntime process_;
    std::vector<replication::LinkPlan> plans_;
    runtime::TaskGroup tasks_{process_.loop};
};

std::vector<replication::LinkPlan> CheckSession::run() {
    process_.loop.add_timer(process_.loop.now() + kPatience, [this] { tasks_.request_stop(); });
    tasks_.spawn("plan all links", plan_all());
    process_.loop.run();
    replication::forget_matched_elsewhere(plans_, config_.links);
    replication::block_faulty_routes(plans_, config_.links);
    return std::move(plans_);
}

runtime::Task<void> CheckSession::plan_all() {
    for (const LinkSpec& link : config_.links) {
        auto plan = co_await replication::plan_link(process_.runtime, config_.clusters, link,
                                                    tasks_.stop_token());
        plans_.push_back(std::move(plan));
    }
    process_.loop.finish();
}

}  // namespace

int check_command(const CheckOptions& options) {
    auto loaded = read_config_file(options.config_path);
    if (const auto* problems = std::get_if<std::string>(&loaded)) {
        fmt::print(stderr, "{}", *problems);
        return kExitUsage;
    }
    log::set_level(log::Level::error);  // the table says it all
    const auto plans = CheckSession(std::move(std::get<Config>(loaded))).run();
    const std::string text = options.as_json ? check_json(plans) : render_check_table(plans);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return has_trouble(plans) ? kExitTrouble : kExitSuccess;
}

}  // namespace lockstep::app
