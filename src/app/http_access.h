#pragma once

// PURE: who may do what at the HTTP port.

#include "base/result.h"
#include "base/secret.h"
#include "runtime/http_server.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::app {

enum class HttpRole {
    view,     // reads: GET and HEAD
    operate,  // changes things as well
};

/// Somebody who may come in; `token` may hold references.
struct HttpToken {
    std::string name;  // for the log
    Secret token;
    HttpRole role = HttpRole::view;
};

/// Whom an answer is for.
enum class Audience {
    known,      // who may see all that there is
    strangers,  // who came without a token where one is needed: told states, not what is behind
                // them
};

/// Whether a request is answered, and as whose.
struct Admission {
    std::optional<runtime::HttpResponse> refusal;  // the answer, where it may not pass
    std::string token;                             // the name of the one it came with; "": none
    Audience audience = Audience::known;
};

/// "localhost", or an address that no packet leaves this machine for: 127.0.0.0/8 and ::1, without
/// brackets.
bool is_loopback(const std::string& host);

/// Checks the bearer token of each request (RFC 6750). Without any token everybody who reaches the
/// port may do everything. On a loopback address these are the people of this machine, and what
/// runs for them: but also any page in a browser of theirs, once the page's own name resolves to
/// 127.0.0.1 (DNS rebinding). Such a request has that name in its header Host, and is refused.
/// `/healthz` and `/readyz` are open to all, for probes that have no token: strangers are told
/// nothing else than whether it works.
class HttpAccess {
public:
    using Resolve = std::function<Result<std::string>(const std::string&)>;

    /// `resolve` gives what references in a token stand for, at each request anew; `listen_host` is
    /// what http.listen says.
    HttpAccess(std::vector<HttpToken> tokens, Resolve resolve, const std::string& listen_host)
        : tokens_(std::move(tokens)),
          resolve_(std::move(resolve)),
          is_for_this_machine_(is_loopback(listen_host)) {}

    Admission admit(const runtime::HttpRequest& request) const;

    /// What is wrong with the tokens; an empty one would let everybody in.
    Result<void> check() const;

private:
    std::optional<runtime::HttpResponse> refuse_name(const runtime::HttpRequest& request) const;
    const HttpToken* find(std::string_view given) const;

    std::vector<HttpToken> tokens_;
    Resolve resolve_;
    bool is_for_this_machine_;
};

}  // namespace lockstep::app
