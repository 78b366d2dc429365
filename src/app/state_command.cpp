#include "app/state_command.h"

#include "app/config_file.h"
#include "app/config_secrets.h"
#include "app/config_store.h"
#include "app/exit_code.h"
#include "app/process_runtime.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace lockstep::app {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// "alice@host".
std::string who_am_i() {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) {
        host[0] = '?';
    }
    const passwd* user = getpwuid(geteuid());
    return fmt::format("{}@{}", user == nullptr ? "?" : user->pw_name, host.data());
}

/// One command on one loop; lives for one run.
class StateSession {
public:
    StateSession(Config config, std::string text, const StateOptions& options)
        : config_(std::move(config)), text_(std::move(text)), options_(options) {}

    int run() {
        process_.loop.add_timer(process_.loop.now() + kPatience, [this] { tasks_.request_stop(); });
        tasks_.spawn("desired state", act());
        process_.loop.run();
        return exit_code_;
    }

private:
    runtime::Task<void> act() {
        const std::string& name =
            options_.cluster.empty() ? config_.clusters.front().name : options_.cluster;
        client::Cluster cluster(process_.runtime, cluster_named(config_.clusters, name), {});
        ConfigStore store(cluster);
        auto done = co_await act_on(store, tasks_.stop_token());
        if (done.has_error()) {
            fmt::print(stderr, "lockstep: {}\n", done.error().message());
            exit_code_ = kExitFailure;
        }
        co_await cluster.close();
        process_.loop.finish();
    }

    runtime::Task<Result<void>> act_on(ConfigStore& store, std::stop_token stop) {
        LS_CO_CHECK(co_await store.catch_up_patiently(stop));
        switch (options_.action) {
            case StateOptions::Action::history: print_history(store); break;
            case StateOptions::Action::diff: print_diff(store); break;
            case StateOptions::Action::apply: {
                LS_CO_CHECK(co_await apply(store, stop));
                break;
            }
            case StateOptions::Action::rollback: {
                LS_CO_CHECK(co_await roll_back(store, stop));
                break;
            }
        }
        co_return Result<void>();
    }

    void print_history(const ConfigStore& store) const {
        auto versions = store.versions();
        for (ConfigVersion& version : versions) {
            version.text = without_secrets(version.text);
        }
        fmt::print("{}", options_.as_json ? history_json(versions) : render_history(versions));
    }

    void print_diff(const ConfigStore& store) {
        const auto newest = store.newest();
        const bool is_same = newest && newest->text == text_;
        const std::string changes =
            diff_lines(newest ? without_secrets(newest->text) : "", without_secrets(text_));
        if (options_.as_json) {
            fmt::print("{}", diff_json(newest ? newest->version : 0, is_same, changes));
        } else if (!is_same) {
            fmt::print("{}", changes.empty() ? "Only what is not shown, being secret, differs.\n"
                                             : changes);
        }
        exit_code_ = is_same ? kExitSuccess : kExitTrouble;
    }

    runtime::Task<Result<void>> apply(ConfigStore& store, std::stop_token stop) {
        const auto newest = store.newest();
        if (newest && newest->text == text_) {
            say_applied(newest->version, false);
            co_return Result<void>();
        }
        ConfigVersion wanted = version_of(text_, "");
        auto done = co_await append(store, std::move(wanted), stop);
        co_return done;
    }

    runtime::Task<Result<void>> roll_back(ConfigStore& store, std::stop_token stop) {
        for (const ConfigVersion& version : store.versions()) {
            if (version.version == options_.version) {
                if (std::string problem = problem_of_version(version); !problem.empty()) {
                    co_return Error(Errc::invalid_argument, std::move(problem));
                }
                ConfigVersion wanted =
                    version_of(version.text, fmt::format("rollback to {}", version.version));
                auto done = co_await append(store, std::move(wanted), stop);
                co_return done;
            }
        }
        co_return Error(Errc::not_found, fmt::format("there is no version {}; `lockstep history` "
                                                     "lists them",
                                                     options_.version));
    }

    ConfigVersion version_of(std::string text, std::string note) const {
        return {0, process_.loop.wall_clock_ms(), who_am_i(), std::move(note), std::move(text)};
    }

    runtime::Task<Result<void>> append(ConfigStore& store, ConfigVersion wanted,
                                       std::stop_token stop) {
        auto appended = co_await store.append(std::move(wanted), stop);
        LS_CO_TRY(version, std::move(appended));
        say_applied(version.version, true);
        co_return Result<void>();
    }

    void say_applied(int64_t version, bool is_new) const {
        if (options_.as_json) {
            fmt::print("{}", applied_json(version, is_new));
        } else if (is_new) {
            fmt::print("Version {} is applied.\n", version);
        } else {
            fmt::print("Version {} is this configuration already.\n", version);
        }
    }

    Config config_;
    std::string text_;
    const StateOptions& options_;
    ProcessRuntime process_;
    int exit_code_ = kExitSuccess;
    runtime::TaskGroup tasks_{process_.loop};
};

}  // namespace

int state_command(const StateOptions& options) {
    std::string text;
    auto loaded = read_config_file(options.config_path, &text);
    if (const auto* problems = std::get_if<std::string>(&loaded)) {
        fmt::print(stderr, "{}", *problems);
        return kExitUsage;
    }
    const Config& config = std::get<Config>(loaded);
    const bool is_known = options.cluster.empty() ||
                          std::ranges::find(config.clusters, options.cluster, &ClusterSpec::name) !=
                              config.clusters.end();
    if (!is_known) {
        fmt::print(stderr, "lockstep: {} has no cluster \"{}\"; name one of its clusters\n",
                   options.config_path, options.cluster);
        return kExitUsage;
    }
    const std::string secrets = options.action == StateOptions::Action::apply
                                    ? literal_secrets(text, options.config_path)
                                    : "";
    if (!secrets.empty()) {
        fmt::print(stderr, "{}", secrets);
        return kExitUsage;
    }
    log::set_level(log::Level::error);
    return StateSession(config, std::move(text), options).run();
}

}  // namespace lockstep::app
