#include "replication/cluster_probe.h"

#include "base/log.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>

namespace lockstep::replication {
namespace {

using runtime::Task;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kEvery{5};
/// For one ask, however many addresses it tries.
constexpr seconds kPatience{10};

/// Short enough that a cluster which hangs, or an address that swallows everything, does not keep
/// it from the other addresses.
client::ConnectionOptions probe_options() {
    client::ConnectionOptions options;
    options.connect_timeout = seconds(3);
    options.handshake_timeout = seconds(3);
    options.request_timeout = seconds(5);
    options.reconnect = {milliseconds(50), milliseconds(500)};  // it asks every kEvery only
    return options;
}

/// Asks to stop at a deadline, or when its owner is asked to.
class StopAt {
public:
    StopAt(runtime::EventLoop& loop, runtime::TimePoint deadline, const std::stop_token& owner)
        : loop_(loop), on_owner_(owner, Forward{&stop_}) {
        timer_ = loop.add_timer(deadline, [this] {
            timer_.reset();
            stop_.request_stop();
        });
    }
    StopAt(const StopAt&) = delete;
    StopAt& operator=(const StopAt&) = delete;
    ~StopAt() {
        if (timer_) {
            loop_.cancel_timer(*timer_);
        }
    }

    std::stop_token token() const { return stop_.get_token(); }
    bool has_passed() const { return !timer_; }

private:
    struct Forward {
        std::stop_source* to;
        void operator()() const { to->request_stop(); }
    };

    runtime::EventLoop& loop_;
    std::stop_source stop_;
    std::optional<runtime::EventLoop::TimerId> timer_;
    std::stop_callback<Forward> on_owner_;
};

Task<void> stop_probe(ClusterProbe& probe) {
    co_await probe.stop();
}

}  // namespace

ClusterProbe::ClusterProbe(runtime::Runtime& runtime, ClusterSpec spec)
    : runtime_(runtime),
      spec_(std::move(spec)),
      cluster_(runtime, spec_, probe_options()),
      since_ms_(runtime.loop.wall_clock_ms()),
      tasks_(runtime.loop) {}

void ClusterProbe::start() {
    tasks_.spawn("probe a cluster", run());
}

Task<void> ClusterProbe::stop() {
    tasks_.request_stop();
    co_await cluster_.close();
    co_await tasks_.join();
}

ClusterStatus ClusterProbe::status() const {
    ClusterStatus status;
    status.name = spec_.name;
    status.region = spec_.region;
    status.health = rule_.health();
    status.reason = rule_.reason();
    status.since_ms = since_ms_;
    status.brokers = cluster_.metadata().brokers().size();
    status.round_trip_ms = round_trips_.median_ms();
    status.last_answer_ms = last_answer_ms_;
    return status;
}

/// An ask may take longer than kEvery; the next one then follows at once.
Task<void> ClusterProbe::run() {
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        const auto begun = runtime_.loop.now();
        const auto asked = co_await ask(begun + kPatience);
        if (stop.stop_requested()) {
            co_return;
        }
        learn(asked);
        co_await runtime::sleep_until(runtime_.loop, begun + kEvery, stop);
    }
}

Task<Result<ClusterProbe::Measured>> ClusterProbe::ask(runtime::TimePoint deadline) {
    const StopAt limit(runtime_.loop, deadline, tasks_.stop_token());
    auto asked = co_await ask_until(limit.token());
    if (asked.has_error() && limit.has_passed()) {
        co_return Error(Errc::timeout, fmt::format("cluster {} has not answered within {} s",
                                                   spec_.name, kPatience.count()));
    }
    co_return asked;
}

Task<Result<ClusterProbe::Measured>> ClusterProbe::ask_until(std::stop_token stop) {
    auto opened = co_await cluster_.any_broker(stop);
    LS_CO_TRY(connection, std::move(opened));
    const auto begun = runtime_.loop.now();
    const std::vector<std::string> no_topics;
    auto answered = co_await cluster_.refresh_metadata(&no_topics, stop);
    LS_CO_CHECK(std::move(answered));
    const auto passed = runtime_.loop.now() - begun;
    // The answer came by another connection where this one is gone: that had to be opened first.
    co_return connection->is_open() ? Measured(passed) : Measured();
}

void ClusterProbe::learn(const Result<Measured>& asked) {
    const ClusterHealth before = rule_.health();
    if (asked.has_error()) {
        rule_.take_failure(asked.error().message());
    } else {
        last_answer_ms_ = runtime_.loop.wall_clock_ms();
        rule_.take_answer(runtime_.loop.now(), cluster_.metadata().brokers().size());
        if (*asked) {
            round_trips_.add(**asked);
        }
    }
    if (rule_.health() == ClusterHealth::unreachable) {
        round_trips_.clear();
    }
    if (rule_.health() != before) {
        since_ms_ = runtime_.loop.wall_clock_ms();
        tell_change(before);
    }
}

void ClusterProbe::tell_change(ClusterHealth before) const {
    if (rule_.health() != ClusterHealth::healthy) {
        log::warn("cluster {} is {}: {}", spec_.name, to_string(rule_.health()), rule_.reason());
    } else if (before == ClusterHealth::unknown) {
        log::debug("cluster {} is healthy", spec_.name);
    } else {
        log::info("cluster {} is healthy again", spec_.name);
    }
}

void ClusterProbes::start(const std::vector<ClusterSpec>& wanted) {
    exchange_for(wanted);
}

Task<void> ClusterProbes::reconfigure(std::vector<ClusterSpec> wanted) {
    if (is_stopping_) {
        co_return;
    }
    const Probes ending = exchange_for(wanted);
    co_await stop_all(ending);
}

Task<void> ClusterProbes::stop() {
    is_stopping_ = true;
    co_await stop_all(probes_);
}

std::vector<ClusterStatus> ClusterProbes::status() const {
    std::vector<ClusterStatus> statuses;
    for (const auto& probe : probes_) {
        statuses.push_back(probe->status());
    }
    return statuses;
}

ClusterProbes::Probes ClusterProbes::exchange_for(const std::vector<ClusterSpec>& wanted) {
    Probes before = std::exchange(probes_, {});
    for (const ClusterSpec& spec : wanted) {
        const auto same = std::ranges::find_if(
            before, [&](const auto& probe) { return probe && probe->spec() == spec; });
        if (same != before.end()) {
            probes_.push_back(std::move(*same));
        } else {
            probes_.push_back(std::make_unique<ClusterProbe>(runtime_, spec));
            probes_.back()->start();
        }
    }
    std::erase(before, nullptr);
    return before;
}

Task<void> ClusterProbes::stop_all(const Probes& probes) {
    runtime::TaskGroup stopping(runtime_.loop);
    for (const auto& probe : probes) {
        stopping.spawn("stop probe", stop_probe(*probe));
    }
    co_await stopping.join();
}

}  // namespace lockstep::replication
