// Runs seeds of the simulation: ./dev sim --seed 17, or ./dev sim --seeds 300.

#include "base/log.h"
#include "base/mutation.h"
#include "sim/last_words.h"
#include "sim/routes_scenario.h"
#include "sim/scenario.h"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <optional>

namespace lockstep::sim {
namespace {

struct Options {
    uint64_t first = 1;
    uint64_t seeds = 1;
    uint64_t step = 1;
    bool shows_log = false;
    bool is_quiet = false;
    bool stops_at_failure = false;
    bool lists_mutations = false;
    std::optional<uint64_t> kill_at;  // after so many steps
    uint64_t kill_every = 0;          // 0: no runs with one kill only
    std::string mutation;
    std::string watched;  // "topic-0-0"
    std::string world = "link";
    std::string log_level = "off";
};

constexpr size_t kShortLog = 25;
/// In real time; a seed takes less than a second.
constexpr std::chrono::seconds kPatience{120};

/// The log's last lines; all of it where there are no more than `most`.
void show(const Outcome& outcome, size_t most) {
    const size_t from = outcome.log.size() - std::min(most, outcome.log.size());
    for (size_t i = from; i < outcome.log.size(); ++i) {
        fmt::print("{}\n", outcome.log[i]);
    }
}

std::string command_of(uint64_t seed, const Options& options) {
    return fmt::format("./dev sim{} --seed {}{}",
                       options.world == "link" ? "" : " --world " + options.world, seed,
                       options.kill_at ? fmt::format(" --kill-at {}", *options.kill_at) : "");
}

void tell_failure(uint64_t seed, const Outcome& outcome, const Options& options) {
    fmt::print("seed {} FAILED: {}\n", seed, outcome.problems.front());
    if (!options.shows_log && !options.is_quiet) {
        show(outcome, kShortLog);
        fmt::print("all of it: {}\n", command_of(seed, options));
    }
    std::fflush(stdout);  // the next failure may be hours away
}

Outcome run_world(uint64_t seed, const Options& options) {
    if (options.world == "routes") {
        return RoutesScenario(seed).run();
    }
    Scenario scenario(seed);
    if (const size_t dash = options.watched.rfind('-'); dash != std::string::npos) {
        scenario.watch({options.watched.substr(0, dash),
                        PartitionIndex(std::atoi(options.watched.c_str() + dash + 1))});
    }
    if (options.kill_at) {
        scenario.only_kill_at(*options.kill_at);
    }
    return scenario.run();
}

Outcome run_seed(uint64_t seed, const Options& options) {
    last_words::begin(command_of(seed, options), kPatience);
    Outcome outcome = run_world(seed, options);
    last_words::end();
    return outcome;
}

/// Kills a worker between any two steps of its coroutines, one run for each place; before, one
/// without a kill, which tells how many there are.
uint64_t run_kills_of(uint64_t seed, Options options) {
    uint64_t failed = 0;
    const auto run_with = [&](uint64_t step) {
        options.kill_at = step;
        const Outcome outcome = run_seed(seed, options);
        if (!outcome.problems.empty()) {
            ++failed;
            tell_failure(seed, outcome, options);
        }
        return outcome.worker_steps;
    };
    const uint64_t steps = run_with(std::numeric_limits<uint64_t>::max());
    uint64_t kills = 0;
    for (uint64_t at = 1; at <= steps; at += options.kill_every) {
        run_with(at);
        ++kills;
    }
    fmt::print("seed {}: {} steps, killed at {} of them, {} failed\n", seed, steps, kills, failed);
    std::fflush(stdout);
    return failed;
}

int run_kills(const Options& options) {
    uint64_t failed = 0;
    for (uint64_t i = 0; i < options.seeds; ++i) {
        failed += run_kills_of(options.first + i * options.step, options);
    }
    return failed == 0 ? 0 : 1;
}

int run(const Options& options) {
    uint64_t failed = 0;
    uint64_t steps = 0;
    double virtual_seconds = 0;
    const auto begun = std::chrono::steady_clock::now();
    uint64_t ran = 0;
    while (ran < options.seeds && !(options.stops_at_failure && failed > 0)) {
        const uint64_t seed = options.first + ran++ * options.step;
        if (options.stops_at_failure) {
            fmt::print("seed {}\n", seed);
            std::fflush(stdout);
        }
        const Outcome outcome = run_seed(seed, options);
        steps += outcome.steps;
        virtual_seconds += outcome.virtual_seconds;
        if (!outcome.problems.empty()) {
            ++failed;
            tell_failure(seed, outcome, options);
        }
        if (options.shows_log) {
            show(outcome, outcome.log.size());
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    fmt::print("{} of {} seeds good, {:.1f} s, {:.0f} s of virtual time, {} steps\n", ran - failed,
               ran, took.count(), virtual_seconds, steps);
    return failed == 0 ? 0 : 1;
}

void list_mutations() {
    for (const MutationText& text : kMutations) {
        fmt::print("{}\t{}\n", text.name, text.what);
    }
}

/// False where there is none of that name, or this program was built without.
bool choose_mutation([[maybe_unused]] const std::string& name) {
#ifdef LS_MUTATIONS
    const auto found = std::ranges::find(kMutations, name, &MutationText::name);
    if (found != kMutations.end()) {
        chosen_mutation = found->mutation;
        return true;
    }
#endif
    return false;
}

}  // namespace
}  // namespace lockstep::sim

int main(int argc, char** argv) {
    lockstep::sim::Options options;
    CLI::App app(
        "Lockstep in a world of virtual time: clusters, workers, writers and faults, all "
        "drawn from a seed.");
    uint64_t only = 0;
    const CLI::Option* seed = app.add_option("--seed", only, "One seed, with its log");
    app.add_option("--first", options.first, "The first seed")->capture_default_str();
    app.add_option("--seeds", options.seeds, "How many")->capture_default_str();
    app.add_option("--step", options.step, "From one seed to the next")->capture_default_str();
    app.add_option("--world", options.world,
                   "link: one link between two clusters; routes: a strategy over several")
        ->check(CLI::IsMember({"link", "routes"}))
        ->capture_default_str();
    app.add_flag("--until-failure", options.stops_at_failure, "Stop at the first that fails");
    CLI::Option* kill_at = app.add_option(
        "--kill-at", options.kill_at,
        "No faults but one: the first worker is killed after so many steps of its coroutines");
    app.add_option("--kill-every", options.kill_every,
                   "One run for every Nth place at which a worker can be killed, as --kill-at does")
        ->excludes(kill_at);
    app.add_option("--mutation", options.mutation, "With this deliberate bug (build/mutations)");
    app.add_flag("--list-mutations", options.lists_mutations, "Show them, and do no more");
    app.add_flag("--log", options.shows_log, "Show what happened");
    app.add_flag("--quiet", options.is_quiet, "One line for a seed that fails");
    app.add_option("--watch", options.watched, "Show each batch that this partition's copy gets");
    app.add_option("--log-level", options.log_level, "What Lockstep itself says, on stderr")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    lockstep::sim::last_words::install();
    if (*seed) {
        options.first = only;
        options.seeds = 1;
        options.shows_log = true;
    }
    if (options.lists_mutations) {
        lockstep::sim::list_mutations();
        return 0;
    }
    if (!options.mutation.empty() && !lockstep::sim::choose_mutation(options.mutation)) {
        fmt::print(stderr, "there is no mutation {}{}\n", options.mutation,
                   lockstep::kHasMutations ? "" : ": this program was built without");
        return 2;
    }
    lockstep::log::Level level{};
    if (!lockstep::log::parse_level(options.log_level, level)) {
        fmt::print(stderr, "there is no log level {}\n", options.log_level);
        return 2;
    }
    lockstep::log::set_level(level);
    if ((options.kill_at || options.kill_every > 0) && options.world != "link") {
        fmt::print(stderr, "--kill-at and --kill-every are for the world of one link\n");
        return 2;
    }
    return options.kill_every > 0 ? lockstep::sim::run_kills(options) : lockstep::sim::run(options);
}
