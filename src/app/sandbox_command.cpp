#include "app/sandbox_command.h"

#include "app/exit_code.h"
#include "app/process_runtime.h"
#include "app/sandbox_console.h"
#include "runtime/input_lines.h"
#include "sandbox/config_table.h"
#include "sandbox/disk/disk_storage.h"
#include "sandbox/served_cluster.h"
#include "sandbox/users.h"

#include <fmt/core.h>

#include <unistd.h>

#include <csignal>
#include <optional>

namespace lockstep::app {
namespace {

using sandbox::Broker;
using sandbox::KafkaVersion;
using sandbox::ServedCluster;

KafkaVersion version_named(const std::string& name) {
    return name == "2.8" ? KafkaVersion::v2_8
                         : (name == "3.9" ? KafkaVersion::v3_9 : KafkaVersion::v4_3);
}

/// All clusters of the command, on one loop; lives for one run.
class SandboxSession {
public:
    /// `has_input`: there is a standard input, which may say what to do.
    SandboxSession(const SandboxOptions& options, bool has_input)
        : options_(options), has_input_(has_input) {}

    int run();

private:
    Result<void> start();
    Result<void> judge_settings() const;
    Result<void> keep(sandbox::Cluster& cluster) const;
    sandbox::ClusterOptions cluster_options(int number) const;
    void say_where() const;
    void take_commands();
    runtime::Task<void> stop();

    const SandboxOptions& options_;
    const bool has_input_;
    ProcessRuntime process_;
    SandboxConsole::Clusters clusters_;
    SandboxConsole console_{clusters_};
    std::optional<runtime::InputLines> input_;
    runtime::TaskGroup tasks_{process_.loop};
    bool is_listening_ = false;  // all that is on the disk was read
    bool is_stopping_ = false;
    int code_ = kExitSuccess;
};

int SandboxSession::run() {
    const Result<void> started = start();
    if (started.has_error()) {
        fmt::print(stderr, "lockstep: {}\n{}", started.error().message(),
                   is_listening_ ? "Choose another --port, or stop what listens there.\n" : "");
        code_ = kExitFailure;
        tasks_.spawn("stop", stop());
    } else {
        say_where();
        take_commands();
        process_.loop.on_termination([this](int) {
            if (!is_stopping_) {
                is_stopping_ = true;
                tasks_.spawn("stop", stop());
            }
        });
    }
    process_.loop.run();
    return code_;
}

/// A setting that brokers do not have is a mistake here, where there are no plugins.
Result<void> SandboxSession::judge_settings() const {
    const KafkaVersion version = version_named(options_.kafka);
    for (const auto& [key, value] : options_.broker_config) {
        const sandbox::Setting* setting = sandbox::find_broker_setting(key, version);
        const auto complaint =
            setting == nullptr ? fmt::format("brokers of {} have no such setting", options_.kafka)
                               : sandbox::judge_config_value(*setting, value, version);
        if (complaint) {
            return Error(Errc::invalid_argument,
                         fmt::format("--broker-config {}={}: {}", key, value, *complaint));
        }
    }
    return {};
}

Result<void> SandboxSession::start() {
    LS_CHECK(judge_settings());
    uint16_t port = options_.port;
    for (int number = 1; number <= options_.clusters; ++number) {
        clusters_.push_back(
            std::make_unique<ServedCluster>(process_.loop, process_.rng, cluster_options(number)));
        LS_CHECK(keep(clusters_.back()->cluster()));
        for (const SandboxUser& user : options_.users) {
            clusters_.back()->cluster().users().set_password(user.name, user.password,
                                                             process_.rng);
        }
        for (Broker& broker : clusters_.back()->cluster().brokers()) {
            broker.host = options_.host;
            broker.port = port;
            port = port == 0 ? port : static_cast<uint16_t>(port + 1);
        }
        is_listening_ = true;
        LS_CHECK(clusters_.back()->start([this](const Broker& broker) {
            return process_.network.listen(broker.host, broker.port);
        }));
    }
    return {};
}

/// Each cluster has a directory of its own in --data-dir.
Result<void> SandboxSession::keep(sandbox::Cluster& cluster) const {
    if (options_.data_dir.empty()) {
        return {};
    }
    sandbox::DiskOptions options;
    options.directory = fmt::format("{}/{}", options_.data_dir, cluster.options().name);
    options.syncing = options_.has_fsync ? sandbox::Syncing::yes : sandbox::Syncing::no;
    LS_TRY(storage, sandbox::DiskStorage::open(std::move(options)));
    return cluster.keep_in(std::move(storage));
}

sandbox::ClusterOptions SandboxSession::cluster_options(int number) const {
    sandbox::ClusterOptions cluster;
    cluster.name = fmt::format("cluster-{}", number);
    cluster.version = version_named(options_.kafka);
    cluster.brokers = options_.brokers;
    cluster.default_partitions = options_.partitions;
    cluster.wants_sasl = !options_.users.empty();
    cluster.has_authorizer = options_.has_authorizer;
    for (const auto& [key, value] : options_.broker_config) {
        cluster.broker_config.insert_or_assign(key, value);
    }
    for (const SandboxUser& user : options_.users) {
        cluster.plain_users[user.name] = user.password;
    }
    if (options_.has_authorizer) {
        cluster.super_users.push_back("User:" + options_.users.front().name);
    }
    return cluster;
}

void SandboxSession::say_where() const {
    fmt::print("Lockstep sandbox: Kafka clusters in memory, for development, tests and demos.\n");
    if (options_.data_dir.empty()) {
        fmt::print(
            "Nothing is kept: all records are gone when it ends. Never use it for real "
            "data.\n\n");
    } else {
        fmt::print("Kept in {}{}, without any replica. Never use it for real data.\n\n",
                   options_.data_dir, options_.has_fsync ? ", on the disk before each answer" : "");
    }
    for (const auto& cluster : clusters_) {
        fmt::print("  {}  {}  (Kafka {})\n", cluster->cluster().options().name,
                   cluster->bootstrap(), options_.kafka);
    }
    fmt::print("\n{}Ctrl-C ends it.\n",
               has_input_ && ::isatty(STDIN_FILENO) != 0
                   ? "Brokers die, topics are compacted by what you type here: help. "
                   : "");
    std::fflush(stdout);
}

/// Where the input ends, nothing else does.
void SandboxSession::take_commands() {
    if (!has_input_) {
        return;
    }
    input_.emplace(process_.loop, STDIN_FILENO, [this](std::string_view line) {
        const std::string answer = console_.answer(line);
        if (!answer.empty()) {
            fmt::print("{}\n", answer);
            std::fflush(stdout);
        }
    });
}

runtime::Task<void> SandboxSession::stop() {
    input_.reset();
    for (const auto& cluster : clusters_) {
        co_await cluster->stop();
    }
    process_.loop.finish();
}

}  // namespace

int sandbox_command(const SandboxOptions& options) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write
    // Looked at before files are opened, one of which would get its number.
    const bool has_input = runtime::InputLines::is_open(STDIN_FILENO);
    return SandboxSession(options, has_input).run();
}

}  // namespace lockstep::app
