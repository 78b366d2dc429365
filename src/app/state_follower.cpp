#include "app/state_follower.h"

#include <fmt/core.h>

#include <utility>

namespace lockstep::app {

using runtime::Task;

namespace {

constexpr auto kPause = std::chrono::milliseconds(1000);

}  // namespace

StateFollower::StateFollower(runtime::Runtime& runtime, replication::Engine& engine,
                             Options options)
    : runtime_(runtime),
      engine_(engine),
      file_(std::move(options.file)),
      fixed_level_(options.fixed_level),
      level_(file_.log_level),
      cluster_(runtime, file_.clusters.front(), {}) {}

Task<void> StateFollower::run(std::stop_token stop) {
    log::info("waiting for the desired state on {}: nothing is copied before it has been read",
              cluster_.name());
    while (!stop.stop_requested()) {
        const auto looked = co_await store_.catch_up(stop);
        report(looked, stop.stop_requested());
        if (looked.has_value() && !stop.stop_requested()) {
            co_await follow();
        }
        co_await runtime::sleep_for(runtime_.loop, kPause, stop);
    }
}

std::string StateFollower::waits_for() const {
    if (!is_waiting_) {
        return "";
    }
    return fmt::format("the desired state on {}{}", cluster_.name(),
                       problem_.empty() ? "" : ": " + problem_);
}

/// Each problem once.
void StateFollower::report(const Result<void>& looked, bool is_stopping) {
    std::string problem = looked.has_error() ? looked.error().message() : "";
    if (problem != problem_ && !problem.empty() && !is_stopping) {
        log::warn("the desired state on {} cannot be read: {}", cluster_.name(), problem);
    }
    problem_ = std::move(problem);
}

Task<void> StateFollower::follow() {
    if (std::exchange(generation_, store_.generation()) != store_.generation()) {
        version_ = 0;
    }
    auto wanted = newest_valid();
    if (!wanted && is_waiting_) {
        log::info("there is no version of the desired state on {} to follow: the file counts",
                  cluster_.name());
        wanted = file_;
    }
    if (wanted) {
        co_await take(std::move(*wanted));
        is_waiting_ = false;
    }
}

/// Of the versions that are new.
std::optional<Config> StateFollower::newest_valid() {
    const auto newest = store_.newest();
    if (!newest || newest->version <= version_) {
        return std::nullopt;
    }
    const int64_t known = std::exchange(version_, newest->version);
    const auto versions = store_.versions();
    for (auto each = versions.rbegin(); each != versions.rend() && each->version > known; ++each) {
        ParsedConfig parsed = parse_config(each->text);
        if (parsed.problems.empty()) {
            log::info("following version {} of the desired state, applied by {}", each->version,
                      each->who);
            return std::move(parsed.config);
        }
        log::error(
            "version {} of the desired state is no valid configuration, and is left alone: "
            "{}",
            each->version, parsed.problems.front().to_string("version"));
    }
    return std::nullopt;
}

Task<void> StateFollower::take(Config config) {
    // Whoever has set another level since with `lockstep logs --level` keeps it.
    const log::Level before = std::exchange(level_, config.log_level);
    if (level_ != before && !fixed_level_) {
        log::set_level(level_);
    }
    co_await engine_.reconfigure(std::move(config.clusters), std::move(config.links),
                                 config.limits.discovery_interval);
}

}  // namespace lockstep::app
