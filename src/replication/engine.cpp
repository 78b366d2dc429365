#include "replication/engine.h"

#include "base/assert.h"

namespace lockstep::replication {
namespace {

constexpr auto kDrainTime = std::chrono::seconds(3);
constexpr size_t kKeptBufferBytes = 8U << 20;

runtime::Task<void> stop_link(Link& link, runtime::TimePoint deadline) {
    co_await link.stop(deadline);
}

}  // namespace

Engine::Engine(runtime::Runtime& runtime, std::vector<ClusterSpec> clusters,
               std::vector<LinkSpec> links, Limits limits)
    : runtime_(runtime), budget_(runtime.loop, limits.in_flight_bytes), buffers_(kKeptBufferBytes) {
    const LinkEnvironment environment{runtime_, budget_, buffers_};
    for (LinkSpec& link : links) {
        auto filter = TopicFilter::make(link.topics, link.exclude);
        LS_ASSERT(filter.has_value());
        std::optional<GroupFilter> group_filter;
        if (!link.groups.empty()) {
            auto groups = GroupFilter::make(link.groups, link.exclude_groups);
            LS_ASSERT(groups.has_value());
            group_filter = std::move(*groups);
        }
        LinkSetup setup{cluster_named(clusters, link.source),
                        cluster_named(clusters, link.target),
                        std::move(link),
                        std::move(*filter),
                        std::move(group_filter),
                        limits.discovery_interval};
        links_.push_back(std::make_unique<Link>(environment, std::move(setup)));
    }
}

Engine::~Engine() = default;

void Engine::start() {
    for (auto& link : links_) {
        link->start();
    }
}

runtime::Task<void> Engine::stop() {
    runtime::TaskGroup stopping(runtime_.loop);
    const auto deadline = runtime_.loop.now() + kDrainTime;
    for (auto& link : links_) {
        stopping.spawn("stop link", stop_link(*link, deadline));
    }
    co_await stopping.join();
}

std::vector<LinkStatus> Engine::status() const {
    std::vector<LinkStatus> statuses;
    for (const auto& link : links_) {
        statuses.push_back(link->status());
    }
    return statuses;
}

}  // namespace lockstep::replication
