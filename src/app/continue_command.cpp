#include "app/continue_command.h"

#include "app/audit_record.h"
#include "app/import_positions.h"
#include "app/process_name.h"
#include "app/process_runtime.h"
#include "app/text_layout.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/text.h"
#include "replication/take_over.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <random>

namespace lockstep::app {
namespace {

using replication::TakenPartition;

constexpr size_t kWidth = 80;

replication::TakeOverRequest request_for(const Config& config, const LinkSpec& link,
                                         const ForeignMirror& mirror) {
    replication::TakeOverRequest request;
    request.clusters = config.clusters;
    request.link = link;
    request.group = mirror.group;
    request.notes = mirror.notes;
    request.is_read_committed = mirror.is_read_committed;
    request.read = [source = link.source](ByteView key, std::optional<ByteView> value) {
        return read_noted_offset(key, value, source);
    };
    return request;
}

replication::AuditText audit_of(const replication::TakeOverRequest& request, size_t partitions,
                                int64_t now_ms) {
    AuditRecord record;
    record.action = "take over";
    record.link = request.link.name;
    record.value = "MirrorMaker 2, group " + request.group;
    record.partitions = partitions;
    const std::string process = name_of_process();
    return {AuditKeys(process, {now_ms, std::random_device()()}).next(),
            audit_json(record, {now_ms, process})};
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
    if (one.may_lack_from) {
        return fmt::format("{}: goes on with offset {} of {}; what the source had from offset {} "
                           "on has been deleted there, and nothing tells whether MirrorMaker 2 has "
                           "copied it",
                           name, one.next->value(), one.source.to_string(),
                           one.may_lack_from->value());
    }
    const int64_t more = one.noted ? *one.next - (*one.noted + 1) : 0;
    return fmt::format("{}: goes on with offset {} of {}{}", name, one.next->value(),
                       one.source.to_string(),
                       more <= 0 ? ""
                                 : fmt::format(", {} beyond what was noted",
                                               count_of(static_cast<size_t>(more), "offset")));
}

void say(const std::string& text) {
    fmt::print(stderr, "{}", wrap_text(printable(text), 2, kWidth));
}

/// One link after the other, on one loop; lives for one run.
class ContinueSession {
public:
    ContinueSession(const Config& config, const std::vector<ForeignMirror>& mirrors)
        : config_(config), mirrors_(mirrors) {}

    bool run() {
        tasks_.spawn("take over", take_all());
        process_.loop.run();
        return is_whole_;
    }

private:
    runtime::Task<void> take_all() {
        for (size_t i = 0; i < config_.links.size(); ++i) {
            const LinkSpec& link = config_.links[i];
            fmt::print(stderr, "{}: {} -> {}\n", link.name, link.source, link.target);
            replication::TakeOverRequest request = request_for(config_, link, mirrors_[i]);
            request.told = [](const TakenPartition& one) { say(words_of(one)); };
            request.audit = [this, request](size_t partitions) {
                return audit_of(request, partitions, process_.loop.wall_clock_ms());
            };
            auto taken = co_await replication::take_over(process_.runtime, std::move(request),
                                                         tasks_.stop_token());
            if (!taken.problem.empty()) {
                say(taken.problem);
            }
            for (const auto& [topic, why] : taken.left_out) {
                say(fmt::format("{}: left out, as Lockstep leaves it: {}", topic, why));
            }
            is_whole_ = is_whole_ && taken.is_whole();
        }
        process_.loop.finish();
    }

    const Config& config_;
    const std::vector<ForeignMirror>& mirrors_;
    ProcessRuntime process_;
    bool is_whole_ = true;
    runtime::TaskGroup tasks_{process_.loop};
};

}  // namespace

bool continue_mirrors(const Config& config, const std::vector<ForeignMirror>& mirrors) {
    LS_ASSERT(config.links.size() == mirrors.size());
    log::set_level(log::Level::error);  // what is printed says it all
    return ContinueSession(config, mirrors).run();
}

}  // namespace lockstep::app
