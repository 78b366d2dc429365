#include "app/plan_command.h"

#include "app/config_file.h"
#include "app/exit_code.h"
#include "app/plan_report.h"
#include "app/process_runtime.h"
#include "replication/plan_routes.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <cstdio>

namespace lockstep::app {
namespace {

constexpr std::chrono::seconds kPatience{60};

/// Plans all links of a configuration at once on one loop; lives for one plan.
class PlanSession {
public:
    explicit PlanSession(Config config) : config_(std::move(config)) {}

    std::vector<replication::LinkPlan> run() {
        plans_.resize(config_.links.size());
        process_.loop.add_timer(process_.loop.now() + kPatience, [this] { links_.request_stop(); });
        whole_.spawn("plan all links", plan_all());
        process_.loop.run();
        replication::forget_matched_elsewhere(plans_, config_.links);
        replication::block_faulty_routes(plans_, config_.links);
        return std::move(plans_);
    }

private:
    runtime::Task<void> plan_all() {
        for (size_t index = 0; index < config_.links.size(); ++index) {
            links_.spawn("plan a link", plan_one(index));
        }
        co_await links_.join();
        process_.loop.finish();
    }

    runtime::Task<void> plan_one(size_t index) {
        auto plan = co_await replication::plan_link(process_.runtime, config_.clusters,
                                                    config_.links[index], links_.stop_token());
        plans_[index] = std::move(plan);
    }

    Config config_;
    ProcessRuntime process_;
    std::vector<replication::LinkPlan> plans_;
    runtime::TaskGroup links_{process_.loop};
    runtime::TaskGroup whole_{process_.loop};
};

}  // namespace

int plan_command(const PlanOptions& options) {
    auto loaded = read_config_file(options.config_path);
    if (const auto* problems = std::get_if<std::string>(&loaded)) {
        fmt::print(stderr, "{}", *problems);
        return kExitUsage;
    }
    log::set_level(log::Level::error);  // the report says it all
    const Config config = std::move(std::get<Config>(loaded));
    WholePlan plan{
        config.clusters, config.replications, config.links, {}, options.bytes_per_second};
    plan.plans = PlanSession(config).run();
    const std::string text = options.as_json ? plan_json(plan) : render_plan(plan);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return has_trouble(plan) ? kExitTrouble : kExitSuccess;
}

}  // namespace lockstep::app
