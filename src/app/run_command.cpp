#include "app/run_command.h"

#include "app/config_file.h"
#include "app/exit_code.h"
#include "app/http_error.h"
#include "app/http_routes.h"
#include "app/process_name.h"
#include "app/process_runtime.h"
#include "app/run_reporter.h"
#include "app/state_directory.h"
#include "app/state_follower.h"
#include "app/text_layout.h"
#include "base/version.h"
#include "replication/engine.h"
#include "runtime/http_server.h"
#include "runtime/secret_source.h"
#include "runtime/task_group.h"
#include "runtime/tls.h"

#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <utility>

namespace lockstep::app {
namespace {

constexpr std::chrono::seconds kTick{1};
constexpr size_t kLargestBody = 64 * 1024;             // of a request to the API
constexpr std::chrono::milliseconds kStopLimit{4500};  // SIGTERM promises 5 s

runtime::TlsOptions server_tls(const TlsSpec& spec) {
    runtime::TlsOptions options;
    options.side = runtime::TlsOptions::Side::server;
    options.ca_file = spec.ca;
    options.certificate_file = spec.certificate;
    options.key_file = spec.key;
    options.key_password = spec.key_password;
    return options;
}

enum class PauseChange { pause, resume };

Limits with_worker(Limits limits) {
    if (limits.fleet.worker.empty()) {
        limits.fleet.worker = name_of_process();
    }
    return limits;
}

/// All that `run` consists of, on one loop; lives until the process ends.
class RunSession {
public:
    /// Where the desired state is followed, that says what the links are, and not `config`.
    RunSession(Config config, const RunOptions& options, std::unique_ptr<StateDirectory> state);

    int run(const std::string& config_path);

private:
    ApiControls controls();
    Result<size_t> change(const std::string& link, const PauseScope& scope, PauseChange change);
    void audit(const AuditRecord& record);
    Result<void> serve_http(const Endpoint& listen);
    runtime::HttpResponse answer(runtime::HttpRequest request) const;
    void tick();
    void on_signal();
    runtime::Task<void> stop();

    Config config_;
    std::unique_ptr<StateDirectory> state_;  // null: there is none
    ProcessRuntime process_;
    replication::Engine engine_;
    RunReporter reporter_{report_to_standard_error()};
    HttpRoutes routes_;
    HttpAccess access_;
    std::optional<runtime::TlsContext> http_tls_;
    std::unique_ptr<runtime::HttpServer> http_;
    std::optional<runtime::EventLoop::TimerId> next_tick_;
    std::string worker_ = name_of_process();
    AuditKeys audit_keys_{worker_, {process_.loop.wall_clock_ms(), std::random_device()()}};
    bool is_stopping_ = false;
    std::optional<StateFollower> follower_;
    runtime::TaskGroup following_{process_.loop};
    runtime::TaskGroup tasks_{process_.loop};
};

RunSession::RunSession(Config config, const RunOptions& options,
                       std::unique_ptr<StateDirectory> state)
    : config_(std::move(config)),
      state_(std::move(state)),
      engine_(process_.runtime,
              {.clusters = config_.clusters,
               .links = options.is_following ? std::vector<LinkSpec>{} : config_.links,
               .limits = with_worker(config_.limits),
               .member_names = state_.get(),
               .probes_clusters = true}),
      routes_({[this] { return engine_.status(); },
               [this] { return process_.loop.wall_clock_ms(); }, reporter_.rates(),
               process_.loop.wall_clock_ms(), controls(),
               [this] { return follower_ ? follower_->waits_for() : ""; },
               [this] { return engine_.clusters(); }}),
      access_(config_.http_tokens, runtime::resolve_references, config_.http_listen.host) {
    if (options.is_following) {
        follower_.emplace(process_.runtime, engine_,
                          StateFollower::Options{config_, options.log_level});
    }
}

int RunSession::run(const std::string& config_path) {
    const auto served = serve_http(config_.http_listen);
    if (served.has_error()) {
        fmt::print(stderr, "lockstep: {}\n{} in {}.\n", served.error().message(),
                   served.error().message().starts_with("listen")
                       ? "Stop what listens there, or change http.listen"
                       : "Change the section http",
                   config_path);
        return kExitFailure;
    }
    const Endpoint served_at{config_.http_listen.host, http_->port()};
    log::info("lockstep {} {}, {}://{}/", kVersion,
              follower_ ? "follows the desired state on " + config_.clusters.front().name
                        : "runs " + count_of(config_.links.size(), "link"),
              config_.http_tls ? "https" : "http", served_at.to_string());
    process_.loop.on_termination([this](int) { on_signal(); });
    engine_.tell_of_deleted_copies(
        [this](const std::string& link, const std::string& topic, const std::string& copy) {
            AuditRecord record;
            record.action = "delete topic";
            record.link = link;
            record.scope.topic = topic;
            record.value = copy;
            audit(record);
        });
    engine_.start();
    if (follower_) {
        following_.spawn("follow the desired state", follower_->run(following_.stop_token()));
    }
    tick();
    process_.loop.run();
    log::info("stopped");
    return kExitSuccess;
}

ApiControls RunSession::controls() {
    const auto pause_or_resume = [this](PauseChange what) {
        return [this, what](const std::string& link, const PauseScope& scope) {
            return change(link, scope, what);
        };
    };
    return {pause_or_resume(PauseChange::pause), pause_or_resume(PauseChange::resume),
            [] { return log::level(); },
            [](log::Level level) {
                log::set_level(level);
                log::info("the log's level is {} now", to_string(level));
            },
            [this](const AuditRecord& record) { audit(record); }};
}

Result<size_t> RunSession::change(const std::string& link, const PauseScope& scope,
                                  PauseChange change) {
    replication::Link* found = engine_.find_link(link);
    if (found == nullptr) {
        return Error(Errc::not_found, "there is no such link");
    }
    return change == PauseChange::pause ? found->pause(scope) : found->resume(scope);
}

void RunSession::audit(const AuditRecord& record) {
    const AuditStamp stamp{process_.loop.wall_clock_ms(), worker_};
    engine_.audit(record.link, audit_keys_.next(), audit_json(record, stamp));
}

Result<void> RunSession::serve_http(const Endpoint& listen) {
    runtime::HttpServerOptions options;
    options.host = listen.host;
    options.port = listen.port;
    options.body_limit_bytes = kLargestBody;
    options.error_page = http_error;
    LS_CHECK(access_.check());
    if (config_.http_tls) {
        http_tls_.emplace(server_tls(*config_.http_tls));
        options.tls = &*http_tls_;
    }
    LS_TRY(server,
           runtime::HttpServer::start(process_.loop, options, [this](runtime::HttpRequest request) {
               return answer(std::move(request));
           }));
    http_ = std::move(server);
    if (config_.http_tokens.empty() && !is_loopback(listen.host)) {
        log::warn("http.listen is {}: whoever reaches that needs no token; see http.tokens",
                  listen.host);
    }
    return {};
}

runtime::HttpResponse RunSession::answer(runtime::HttpRequest request) const {
    Admission admission = access_.admit(request);
    if (admission.refusal) {
        return std::move(*admission.refusal);
    }
    request.token = std::move(admission.token);
    return routes_.answer(request, admission.audience);
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
    // The engine first: its time is short, and the follower may wait for a cluster that does not
    // answer. A reconfiguration that is under way then opens nothing more, but what it is ending is
    // awaited with the follower.
    following_.request_stop();
    co_await engine_.stop();
    if (follower_) {
        co_await follower_->close();
    }
    co_await following_.join();
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
    std::unique_ptr<StateDirectory> state;
    if (!options.state_directory.empty()) {
        auto taken = StateDirectory::take(options.state_directory);
        if (taken.has_error()) {
            fmt::print(stderr, "lockstep: {}\n", taken.error().message());
            return kExitFailure;
        }
        state = std::move(*taken);
    }
    Config config = std::move(std::get<Config>(loaded));
    log::set_level(options.log_level.value_or(config.log_level));
    std::signal(SIGPIPE,
                SIG_IGN);  // a log that is piped into something that ended is no reason to die
    return RunSession(std::move(config), options, std::move(state)).run(options.config_path);
}

}  // namespace lockstep::app
