#include "app/run_command.h"

#include "app/config_file.h"
#include "app/exit_code.h"
#include "app/http_routes.h"
#include "app/process_runtime.h"
#include "app/run_reporter.h"
#include "app/text_layout.h"
#include "base/version.h"
#include "replication/engine.h"
#include "runtime/http_server.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

namespace lockstep::app {
namespace {

constexpr std::chrono::seconds kTick{1};
constexpr std::chrono::milliseconds kStopLimit{4500};  // SIGTERM promises 5 s

/// All that `run` consists of, on one loop; lives until the process ends.
class RunSession {
public:
    explicit RunSession(Config config);

    int run(const std::string& config_path);

private:
    Result<void> serve_http(const Endpoint& listen);
    void tick();
    void on_signal();
    runtime::Task<void> stop();

    Config config_;
    ProcessRuntime process_;
    replication::Engine engine_;
    RunReporter reporter_{report_to_standard_error()};
    HttpRoutes routes_;
    std::unique_ptr<runtime::HttpServer> http_;
    std::optional<runtime::EventLoop::TimerId> next_tick_;
    bool is_stopping_ = false;
    runtime::TaskGroup tasks_{process_.loop};
};

RunSession::RunSession(Config config)
    : config_(std::move(config)),
      engine_(process_.runtime, config_.clusters, config_.links, config_.limits),
      routes_({[this] { return engine_.status(); },
               [this] { return process_.loop.wall_clock_ms(); }, reporter_.rates(),
               process_.loop.wall_clock_ms()}) {}

int RunSession::run(const std::string& config_path) {
    const auto served = serve_http(config_.http_listen);
    if (served.has_error()) {
        fmt::print(stderr, "lockstep: {}\nChange http.listen in {}, or stop what listens there.\n",
                   served.error().message(), config_path);
        return kExitFailure;
    }
    const Endpoint served_at{config_.http_listen.host, http_->port()};
    log::info("lockstep {} runs {}, http://{}/", kVersion, count_of(config_.links.size(), "link"),
              served_at.to_string());
    process_.loop.on_termination([this](int) { on_signal(); });
    engine_.start();
    tick();
    process_.loop.run();
    log::info("stopped");
    return kExitSuccess;
}

Result<void> RunSession::serve_http(const Endpoint& listen) {
    runtime::HttpServerOptions options;
    options.host = listen.host;
    options.port = listen.port;
    LS_TRY(server, runtime::HttpServer::start(process_.loop, options,
                                              [this](const runtime::HttpRequest& request) {
                                                  return routes_.answer(request);
                                              }));
    http_ = std::move(server);
    return {};
}

void RunSession::tick() {
    const auto now = process_.loop.now();
    next_tick_ = process_.loop.add_timer(now + kTick, [this] { tick(); });
    reporter_.tick(std::chrono::duration<double>(now.time_since_epoch()).count(), engine_.status());
}

void RunSession::on_signal() {
    reporter_.erase_line();
    if (is_stopping_) {
        std::_Exit(kExitFailure);
    }
    is_stopping_ = true;
    log::info("stopping: delivering what was fetched; a second signal ends at once");
    process_.loop.add_timer(process_.loop.now() + kStopLimit, [] {
        log::warn("not all was delivered in time; the next run goes on from there");
        std::_Exit(kExitSuccess);
    });
    tasks_.spawn("stop", stop());
}

runtime::Task<void> RunSession::stop() {
    co_await engine_.stop();
    process_.loop.cancel_timer(*next_tick_);
    reporter_.erase_line();
    http_.reset();
    process_.loop.finish();
}

}  // namespace

int run_command(const RunOptions& options) {
    auto loaded = read_config_file(options.config_path);
    if (const auto* problems = std::get_if<std::string>(&loaded)) {
        fmt::print(stderr, "{}", *problems);
        return kExitUsage;
    }
    Config config = std::move(std::get<Config>(loaded));
    log::set_level(options.log_level.value_or(config.log_level));
    std::signal(SIGPIPE,
                SIG_IGN);  // a log that is piped into something that ended is no reason to die
    RunSession session(std::move(config));
    return session.run(options.config_path);
}

}  // namespace lockstep::app
