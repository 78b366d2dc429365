#include "app/status_command.h"

#include "app/exit_code.h"
#include "app/rest_client.h"
#include "app/status_report.h"
#include "app/status_table.h"

#include <time.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace lockstep::app {
namespace {

volatile std::sig_atomic_t is_ended = 0;

void on_signal(int) {
    is_ended = 1;
}

/// So that a wait ends with it: no SA_RESTART.
void end_on_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

/// One look; returns the exit code. What it prints goes to standard output at once.
int look_once(const StatusOptions& options) {
    const auto answer = ask(status_url(options.url, options.link));
    if (const auto* failure = std::get_if<RestFailure>(&answer)) {
        return tell(*failure);
    }
    const std::string& body = std::get<std::string>(answer);
    const auto report = parse_status_report(body);
    if (report.has_error()) {
        return tell({kExitFailure, report.error().message()});
    }
    const std::string text = options.as_json ? body : render_status_table(*report);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
    if (report->has_trouble()) {
        return kExitTrouble;
    }
    return report->is_partial() ? kExitPartial : kExitSuccess;
}

/// Looks again and again until it is ended; returns what the last look did. A Lockstep that is away
/// for a while is waited for.
int watch(const StatusOptions& options) {
    constexpr const char* kHomeAndClear = "\x1b[H\x1b[2J";
    end_on_signals();
    const bool is_terminal = isatty(STDOUT_FILENO) == 1 && !options.as_json;
    while (true) {
        if (is_terminal) {
            std::fputs(kHomeAndClear, stdout);
        }
        const int code = look_once(options);
        const timespec pause{options.interval_seconds, 0};
        if (is_ended != 0 || code == kExitUsage || nanosleep(&pause, nullptr) != 0) {
            return code;
        }
        if (!is_terminal && !options.as_json) {
            std::fputs("\n", stdout);
        }
    }
}

}  // namespace

std::string status_url(const std::string& given, const std::string& link) {
    return api_url(given, "/api/v1/status" + (link.empty() ? "" : "?link=" + query_value(link)));
}

int status_command(const StatusOptions& options) {
    return options.is_watch ? watch(options) : look_once(options);
}

}  // namespace lockstep::app
