#include "app/demo_command.h"

#include "app/demo_terminal.h"
#include "app/demo_world.h"
#include "app/exit_code.h"
#include "app/process_runtime.h"
#include "app/text_layout.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>

namespace lockstep::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kTick{50};
constexpr milliseconds kFrame{200};
constexpr milliseconds kSample{500};
constexpr seconds kPlainLine{1};
constexpr seconds kCommit{3};
constexpr seconds kCompact{10};
constexpr seconds kEndPatience{20};  // without progress, while not yet all is in step and verified
constexpr size_t kKeptEvents = 1000;

/// Whether something that is done every `interval` is due.
class Every {
public:
    explicit Every(runtime::Duration interval) : interval_(interval) {}

    bool is_due(runtime::TimePoint now) {
        if (now < next_) {
            return false;
        }
        next_ = now + interval_;
        return true;
    }

private:
    runtime::Duration interval_;
    runtime::TimePoint next_{};
};

/// The demo on its loop: what is shown, and when what is done. Lives for one run.
class DemoSession {
public:
    DemoSession(const DemoOptions& options, DemoLayout layout, std::vector<TimedDemoAction> script);

    int run();

private:
    void tick();
    void do_due_actions();
    void take_keys();
    void perform(const DemoAction& action);
    void note(std::string text, bool is_by_user);
    void show(runtime::TimePoint now);
    DemoScene scene() const;
    void begin_end();
    void check_end();
    void leave();
    void on_signal();
    int sum_up() const;
    runtime::Task<void> stop();
    double elapsed() const;

    const DemoOptions& options_;
    const std::vector<TimedDemoAction> script_;
    const bool is_judged_;
    ProcessRuntime process_;
    DemoWorld world_;
    std::optional<DemoTerminal> terminal_;
    DemoNews news_;
    std::deque<DemoEvent> events_;
    std::vector<DemoLinkView> last_links_;
    const runtime::TimePoint began_;
    Every frame_{kFrame};
    Every sample_{kSample};
    Every plain_line_{kPlainLine};
    Every commit_{kCommit};
    Every compact_{kCompact};
    size_t next_action_ = 0;
    std::optional<runtime::TimePoint> end_limit_;  // while it is ending: moves with progress
    uint64_t end_verified_ = 0;
    size_t chosen_link_ = 0;
    bool shows_help_ = false;
    bool is_leaving_ = false;
    bool is_interrupted_ = false;
    std::optional<runtime::EventLoop::TimerId> next_tick_;
    runtime::TaskGroup tasks_{process_.loop};
};

DemoSession::DemoSession(const DemoOptions& options, DemoLayout layout,
                         std::vector<TimedDemoAction> script)
    : options_(options),
      script_(std::move(script)),
      is_judged_(!options.script.empty() || options.seconds.has_value()),
      world_(process_.runtime, std::move(layout), options.rate),
      began_(process_.loop.now()) {}

double DemoSession::elapsed() const {
    return std::chrono::duration<double>(process_.loop.now() - began_).count();
}

int DemoSession::run() {
    const auto started = world_.start([this](const sandbox::Broker& broker) {
        return process_.network.listen(broker.host, broker.port);
    });
    if (started.has_error()) {
        fmt::print(stderr, "lockstep: {}\n", started.error().message());
        tasks_.spawn("stop", stop());
        process_.loop.run();
        return kExitFailure;
    }
    if (DemoTerminal::is_there()) {
        terminal_.emplace();
    } else {
        fmt::print("Lockstep demo: {}. Kafka clusters in memory; nothing is kept.\n",
                   options_.strategy);
        for (const DemoCluster& cluster : world_.clusters()) {
            fmt::print("  {}  {}  {}\n", cluster.name, cluster.bootstrap, cluster.role);
        }
        std::fflush(stdout);
    }
    process_.loop.on_termination([this](int) { on_signal(); });
    tick();
    process_.loop.run();
    terminal_.reset();
    return sum_up();
}

void DemoSession::tick() {
    const auto now = process_.loop.now();
    next_tick_ = process_.loop.add_timer(now + kTick, [this] { tick(); });
    if (!end_limit_) {
        world_.write_until(elapsed());
        if (commit_.is_due(now)) {
            world_.commit_places();
        }
        if (compact_.is_due(now)) {
            world_.compact();
        }
        do_due_actions();
    }
    if (sample_.is_due(now)) {
        world_.sample(elapsed());
    }
    take_keys();
    if (!is_leaving_ && frame_.is_due(now)) {
        last_links_ = world_.links();
        for (std::string& text : news_.update(elapsed(), last_links_, world_.rates())) {
            note(std::move(text), false);
        }
        show(now);
        check_end();
    }
}

void DemoSession::do_due_actions() {
    const auto so_far = std::chrono::duration_cast<milliseconds>(process_.loop.now() - began_);
    while (!end_limit_ && next_action_ < script_.size() && script_[next_action_].at <= so_far) {
        perform(script_[next_action_++].action);
    }
    if (!end_limit_ && options_.seconds && so_far >= seconds(*options_.seconds)) {
        begin_end();
    }
}

void DemoSession::take_keys() {
    if (!terminal_ || is_leaving_) {
        return;
    }
    for (const char key : demo_keys(terminal_->read_keys())) {
        const DemoKeyTargets targets = world_.key_targets(chosen_link_);
        const auto action = action_of_demo_key(key, targets, world_.breakage(targets));
        chosen_link_ = link_of_demo_key(key, world_.link_count()).value_or(chosen_link_);
        if (key == 'h' || key == '?') {
            shows_help_ = !shows_help_;
        } else if (action) {
            shows_help_ = false;
            perform(*action);
        }
    }
}

void DemoSession::perform(const DemoAction& action) {
    if (action.verb == DemoVerb::quit) {
        end_limit_ ? leave() : begin_end();
        return;
    }
    const std::string done = world_.perform(action);
    note(done.empty() ? to_string(action) + ": there is nothing to do" : done, true);
}

void DemoSession::note(std::string text, bool is_by_user) {
    events_.push_back({elapsed(), std::move(text), is_by_user});
    if (events_.size() > kKeptEvents) {
        events_.pop_front();
    }
    if (!terminal_ && options_.script.empty()) {
        fmt::print("{}\n", render_demo_event(events_.back()));
        std::fflush(stdout);
    }
}

DemoScene DemoSession::scene() const {
    DemoScene scene;
    scene.seconds = elapsed();
    scene.strategy = options_.strategy;
    scene.clusters = world_.clusters();
    for (const DemoLinkView& link : last_links_) {
        scene.links.push_back(describe_demo_link(link, world_.rates()));
    }
    scene.chosen_link = chosen_link_;
    scene.troubles = demo_troubles(last_links_);
    scene.group = world_.group();
    scene.events.assign(events_.begin(), events_.end());
    scene.has_keys = terminal_ && terminal_->has_keys();
    scene.shows_help = shows_help_;
    scene.is_ending = end_limit_.has_value();
    return scene;
}

void DemoSession::show(runtime::TimePoint now) {
    if (terminal_) {
        terminal_->draw(render_demo(scene(), terminal_->screen()));
    } else if (plain_line_.is_due(now)) {
        fmt::print("{}\n", render_demo_line(scene()));
        std::fflush(stdout);
    }
}

/// Who only looked leaves at once; else nothing is written any more, and all has to be proved.
void DemoSession::begin_end() {
    if (!is_judged_) {
        leave();
        return;
    }
    world_.finish_writing();
    end_limit_ = process_.loop.now() + kEndPatience;
}

void DemoSession::check_end() {
    if (!end_limit_) {
        return;
    }
    bool is_proved = true;
    uint64_t verified = 0;
    for (const DemoLinkView& link : last_links_) {
        is_proved = is_proved && demo_link_faults(link).empty();
        verified += describe_demo_link(link, world_.rates()).verified;
    }
    if (std::exchange(end_verified_, verified) < verified) {
        end_limit_ = process_.loop.now() + kEndPatience;
    }
    if (is_proved || process_.loop.now() >= *end_limit_) {
        leave();
    }
}

void DemoSession::leave() {
    if (!is_leaving_) {
        is_leaving_ = true;
        last_links_ = world_.links();
        tasks_.spawn("stop", stop());
    }
}

void DemoSession::on_signal() {
    if (is_leaving_) {
        std::exit(kExitFailure);  // it gives back the terminal
    }
    is_interrupted_ = true;
    leave();
}

runtime::Task<void> DemoSession::stop() {
    co_await world_.stop();
    if (next_tick_) {
        process_.loop.cancel_timer(*next_tick_);
    }
    process_.loop.finish();
}

int DemoSession::sum_up() const {
    if (!options_.script.empty()) {
        fmt::print("\nEvents\n");
        for (const DemoEvent& event : events_) {
            fmt::print("{}\n", render_demo_event(event));
        }
    }
    fmt::print("\nAfter {}\n", format_duration(seconds(static_cast<int64_t>(elapsed()))));
    bool is_good = true;
    const bool is_judged = is_judged_ && !is_interrupted_;
    for (const DemoLinkView& link : last_links_) {
        const DemoLink shown = describe_demo_link(link, world_.rates());
        fmt::print("  {} -> {}: {} verified, {}\n", shown.source, shown.target,
                   count_of(shown.verified, "record"), count_of(shown.differences, "difference"));
        for (const std::string& fault :
             is_judged ? demo_link_faults(link) : std::vector<std::string>()) {
            is_good = false;
            fmt::print("{}", wrap_text(printable(fault), 4, 80));
        }
    }
    if (is_judged_ && is_interrupted_) {
        fmt::print("It was ended before it could be judged.\n");
        return kExitTrouble;
    }
    if (is_judged) {
        fmt::print("{}\n",
                   is_good ? "In step: every copy is the same as its source." : "Not in step.");
    }
    return is_good ? kExitSuccess : kExitTrouble;
}

/// Error: what is wrong with the script, for people.
Result<std::vector<TimedDemoAction>> read_script(const std::string& path) {
    if (path.empty()) {
        return std::vector<TimedDemoAction>();
    }
    std::string text;
    if (path == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
        std::ifstream file(path);
        if (!file) {
            return Error(Errc::not_found, "the script " + path + " cannot be read");
        }
        text.assign(std::istreambuf_iterator<char>(file), {});
    }
    return parse_demo_script(text);
}

}  // namespace

int demo_command(const DemoOptions& options) {
    std::signal(SIGPIPE, SIG_IGN);
    log::set_level(log::Level::off);  // the view tells what happens
    auto script = read_script(options.script);
    if (script.has_error()) {
        fmt::print(stderr, "lockstep: {}\n", script.error().context);
        return kExitUsage;
    }
    DemoLayout layout = demo_layout(options.strategy);
    const DemoNames names = demo_names(layout);
    for (const TimedDemoAction& timed : *script) {
        const std::string problem = demo_action_problem(timed.action, names);
        if (!problem.empty()) {
            fmt::print(stderr, "lockstep: {}: {}\n", options.script, problem);
            return kExitUsage;
        }
    }
    return DemoSession(options, std::move(layout), std::move(*script)).run();
}

}  // namespace lockstep::app
