#include "app/http_error.h"

#include "app/api_json.h"

namespace lockstep::app {

runtime::HttpResponse http_error(int status, std::string_view path, const std::string& why) {
    if (path.starts_with("/api/")) {
        return {status, "application/json", error_json(why)};
    }
    return {status, "text/plain; charset=utf-8", why + "\n"};
}

}  // namespace lockstep::app
