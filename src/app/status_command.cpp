#include "app/status_command.h"

#include "app/exit_code.h"
#include "app/status_report.h"
#include "app/status_table.h"
#include "runtime/http_client.h"

#include <fmt/core.h>

#include <cstdio>

namespace lockstep::app {
namespace {

constexpr std::chrono::milliseconds kPatience{10000};

int fail(int code, const std::string& what) {
    fmt::print(stderr, "lockstep: {}\n", what);
    return code;
}

}  // namespace

std::string status_url(const std::string& given) {
    std::string url = given.find("://") == std::string::npos ? "http://" + given : given;
    while (url.ends_with("/")) {
        url.pop_back();
    }
    return url + "/api/v1/status";
}

int status_command(const StatusOptions& options) {
    const std::string url = status_url(options.url);
    const auto response = runtime::http_get(url, kPatience);
    if (response.has_error()) {
        const Error& problem = response.error();
        if (problem.is(Errc::invalid_argument)) {
            return fail(kExitUsage, problem.message() + "; write --url http://HOST:PORT");
        }
        if (problem.is(Errc::malformed)) {
            return fail(kExitFailure, problem.message() +
                                          "; is that a Lockstep? Set --url to the "
                                          "address of its http.listen");
        }
        return fail(kExitTrouble, problem.message() +
                                      "; is Lockstep running, and is this its "
                                      "http.listen? Set --url if it is not");
    }
    if (response->status != 200) {
        return fail(kExitFailure, fmt::format("{} answers with status {}; is that a Lockstep?", url,
                                              response->status));
    }
    const auto report = parse_status_report(response->body);
    if (report.has_error()) {
        return fail(kExitFailure, report.error().message());
    }
    const std::string text = options.as_json ? response->body : render_status_table(*report);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return report->has_trouble() ? kExitTrouble : kExitSuccess;
}

}  // namespace lockstep::app
