#pragma once

#include "runtime/http_server.h"
#include "runtime/runtime.h"
#include "runtime/tls.h"

#include <chrono>
#include <string>

namespace lockstep::runtime {

/// One request: a POST where there is a body, else a GET.
struct HttpCall {
    std::string url;            // "http://HOST[:PORT][/PATH][?QUERY]", or https
    std::string authorization;  // the header's value; "" for none
    std::string content_type;   // of the body
    std::string body;
    TlsContext* tls = nullptr;  // for https; null: one that trusts whom the system trusts
};

/// Sends one request on a connection of its own and waits for the answer. Any status is a success
/// here. Errc::invalid_argument for a URL of another form, Errc::timeout, Errc::malformed where
/// something else than HTTP answers, Errc::tls, Errc::disconnected.
Task<Result<HttpResponse>> http_exchange(EventLoop& loop, Network& network, HttpCall call,
                                         TimePoint deadline);

/// The same for the command line, on a loop of its own: never for a shard.
Result<HttpResponse> http_exchange_now(HttpCall call, std::chrono::milliseconds timeout);

}  // namespace lockstep::runtime
