#include "app/api_call.h"

#include <cstdlib>

namespace lockstep::app {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

}  // namespace

Result<runtime::HttpResponse> call_lockstep(const std::string& url, std::string body,
                                            std::chrono::milliseconds timeout) {
    runtime::TlsOptions trust;
    trust.ca_file = variable(kCaVariable);
    runtime::TlsContext tls(trust);
    runtime::HttpCall call;
    call.url = url;
    call.body = std::move(body);
    call.content_type = "application/json";
    call.tls = &tls;
    const std::string token = variable(kTokenVariable);
    if (!token.empty()) {
        call.authorization = "Bearer " + token;
    }
    return runtime::http_exchange_now(std::move(call), timeout);
}

}  // namespace lockstep::app
