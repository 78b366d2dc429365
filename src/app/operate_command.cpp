#include "app/operate_command.h"

#include "app/exit_code.h"
#include "app/operate_report.h"
#include "app/rest_client.h"

#include <cstdio>

namespace lockstep::app {

int operate_command(const OperateOptions& options) {
    const auto answer = ask(api_url(options.url, operate_page(options)), operate_body(options));
    if (const auto* failure = std::get_if<RestFailure>(&answer)) {
        return tell(*failure);
    }
    const std::string& body = std::get<std::string>(answer);
    const auto report = operate_report(options, body);
    if (report.has_error()) {
        return tell({kExitFailure, report.error().message()});
    }
    const std::string& text = options.as_json ? body : report->text;
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (report->has_trouble) {
        return kExitTrouble;
    }
    return report->is_partial ? kExitPartial : kExitSuccess;
}

}  // namespace lockstep::app
