#include "app/verify_command.h"

#include "app/config_file.h"
#include "app/exit_code.h"
#include "app/process_runtime.h"
#include "app/verify_report.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

namespace lockstep::app {
namespace {

/// Compares all links of a configuration on one loop; lives for one run.
class VerifySession {
public:
    VerifySession(Config config, const VerifyOptions& options)
        : config_(std::move(config)), options_(options) {}

    std::vector<replication::LinkVerification> run() {
        tasks_.spawn("verify all links", verify_all());
        process_.loop.run();
        return std::move(links_);
    }

private:
    runtime::Task<void> verify_all() {
        for (const LinkSpec& link : config_.links) {
            replication::VerifyRequest request;
            request.clusters = config_.clusters;
            request.link = link;
            request.only = options_.topics;
            request.bytes_per_second = options_.bytes_per_second;
            request.patience = std::chrono::seconds(options_.wait_seconds);
            request.told = [this](const replication::VerifiedPartition& partition) {
                tell(partition);
            };
            auto verified = co_await replication::verify_link(process_.runtime, std::move(request),
                                                              tasks_.stop_token());
            links_.push_back(std::move(verified));
        }
        process_.loop.finish();
    }

    void tell(const replication::VerifiedPartition& partition) {
        if (!options_.as_json) {
            fmt::print("{}", render_verified(partition));
            std::fflush(stdout);
        }
    }

    Config config_;
    const VerifyOptions& options_;
    ProcessRuntime process_;
    std::vector<replication::LinkVerification> links_;
    runtime::TaskGroup tasks_{process_.loop};
};

}  // namespace

int verify_command(const VerifyOptions& options) {
    auto loaded = read_config_file(options.config_path);
    if (const auto* problems = std::get_if<std::string>(&loaded)) {
        fmt::print(stderr, "{}", *problems);
        return kExitUsage;
    }
    log::set_level(log::Level::error);  // the report says it all
    auto links = VerifySession(std::move(std::get<Config>(loaded)), options).run();
    if (!options.topics.empty()) {
        links = without_topicless(std::move(links));
    }
    fmt::print("{}", options.as_json ? verification_json(links) : render_verification(links));
    return has_trouble(links) ? kExitTrouble : kExitSuccess;
}

}  // namespace lockstep::app
