#include "app/continue_command.h"

#include "app/import_positions.h"
#include "app/process_runtime.h"
#include "app/text_layout.h"
#include "base/log.h"
#include "base/text.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

namespace lockstep::app {
namespace {

using replication::TakenLink;
using replication::TakenPartition;

constexpr size_t kWidth = 80;

/// Where MirrorMaker 2 keeps what it notes, and the group that its workers are members of: as it
/// names them in its dedicated mode, and as Strimzi does unless it is told otherwise.
replication::TakeOverRequest request_for(const Config& config, const LinkSpec& link) {
    replication::TakeOverRequest request;
    request.clusters = config.clusters;
    request.link = link;
    request.groups = {link.source + "-mm2", "mirrormaker2-cluster"};
    request.notes = {fmt::format("mm2-offsets.{}.internal", link.source),
                     "mirrormaker2-cluster-offsets"};
    request.read = [source = link.source](ByteView key, std::optional<ByteView> value) {
        return read_noted_offset(key, value, source);
    };
    return request;
}

std::string words_of(const TakenPartition& one) {
    const std::string name = one.target.to_string();
    if (!one.problem.empty()) {
        return fmt::format("{}: not taken over: {}", name, one.problem);
    }
    if (one.was_taken) {
        return fmt::format("{}: taken over before", name);
    }
    if (!one.next) {
        return fmt::format("{}: has nothing yet", name);
    }
    const int64_t more = one.noted ? *one.next - (*one.noted + 1) : 0;
    return fmt::format("{}: goes on with offset {} of {}{}", name, one.next->value(),
                       one.source.to_string(),
                       more == 0 ? ""
                                 : fmt::format(", {} beyond what was noted",
                                               count_of(static_cast<size_t>(more), "offset")));
}

/// One link after the other, on one loop; lives for one run.
class ContinueSession {
public:
    explicit ContinueSession(const Config& config) : config_(config) {}

    std::vector<TakenLink> run() {
        tasks_.spawn("take over", take_all());
        process_.loop.run();
        return std::move(links_);
    }

private:
    runtime::Task<void> take_all() {
        for (const LinkSpec& link : config_.links) {
            replication::TakeOverRequest request = request_for(config_, link);
            auto taken = co_await replication::take_over(process_.runtime, std::move(request),
                                                         tasks_.stop_token());
            links_.push_back(std::move(taken));
        }
        process_.loop.finish();
    }

    const Config& config_;
    ProcessRuntime process_;
    std::vector<TakenLink> links_;
    runtime::TaskGroup tasks_{process_.loop};
};

}  // namespace

bool continue_mirrors(const Config& config) {
    log::set_level(log::Level::error);  // what is printed says it all
    const std::vector<TakenLink> links = ContinueSession(config).run();
    bool is_whole = true;
    for (size_t i = 0; i < links.size(); ++i) {
        fmt::print(stderr, "{}: {} -> {}\n", config.links[i].name, config.links[i].source,
                   config.links[i].target);
        if (!links[i].problem.empty()) {
            fmt::print(stderr, "{}", wrap_text(printable(links[i].problem), 2, kWidth));
        }
        for (const TakenPartition& partition : links[i].partitions) {
            fmt::print(stderr, "{}", wrap_text(printable(words_of(partition)), 2, kWidth));
        }
        is_whole = is_whole && links[i].is_whole();
    }
    return is_whole;
}

}  // namespace lockstep::app
