#include "app/api_routes.h"

#include "app/regions.h"
#include "app/status_json.h"
#include "base/assert.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace lockstep::app {
namespace {

using Json = nlohmann::json;
using runtime::HttpRequest;
using runtime::HttpResponse;

constexpr std::array<std::string_view, 4> kParameters{"link", "topic", "partition", "state"};
constexpr std::span kAll{kParameters};

constexpr std::array<ApiRoute, 12> kRoutes{{
    {"GET", "/api/v1/status", kAll.first(1)},
    {"GET", "/api/v1/links", kAll.first(1)},
    {"GET", "/api/v1/topics", kAll.first(2)},
    {"GET", "/api/v1/groups", kAll.first(1)},
    {"GET", "/api/v1/lag", kAll},
    {"GET", "/api/v1/explain", kAll},
    {"GET", "/api/v1/clusters"},
    {"GET", "/api/v1/regions"},
    {"GET", "/api/v1/log"},
    {"POST", "/api/v1/log"},
    {"POST", "/api/v1/pause"},
    {"POST", "/api/v1/resume"},
}};

HttpResponse json_response(std::string body) {
    return {200, "application/json", std::move(body)};
}

HttpResponse failure(int status, std::string_view why) {
    return {status, "application/json", error_json(why)};
}

/// "%2F" as "/". What is no such escape stays as it is.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        const bool is_escape =
            text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
                text.data() + i + 3;
        plain += is_escape ? static_cast<char>(byte) : text[i];
        i += is_escape ? 2 : 0;
    }
    return plain;
}

/// What is asked about, or changed.
struct Selection {
    std::optional<std::string> link;
    PauseScope scope;
    std::optional<PartitionState> state;  // only partitions in that one
};

Result<PartitionIndex> partition_from(std::string_view text) {
    int32_t index = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || index < 0) {
        return Error(Errc::invalid_argument,
                     fmt::format("partition \"{}\" must be a number from 0 on", text));
    }
    return PartitionIndex(index);
}

Result<Selection> checked(Selection selection) {
    if (selection.scope.partition && !selection.scope.topic) {
        return Error(Errc::invalid_argument, "a partition needs its topic: give \"topic\" as well");
    }
    return selection;
}

Result<PartitionState> state_from(std::string_view text) {
    for (const PartitionState state : kAllPartitionStates) {
        if (to_string(state) == text) {
            return state;
        }
    }
    std::string known;
    for (const PartitionState state : kAllPartitionStates) {
        known += fmt::format("{}{}", known.empty() ? "" : ", ", to_string(state));
    }
    return Error(Errc::invalid_argument,
                 fmt::format("there is no state \"{}\"; there are {}", text, known));
}

/// By name, the parameters of a query. One that the page does not take is refused, as it would seem
/// to narrow the answer down.
Result<std::map<std::string_view, std::string>> parameters_of(const HttpRequest& request,
                                                              const ApiRoute& route) {
    std::map<std::string_view, std::string> given;
    for (const std::string_view pair : split(request.query, '&')) {
        const size_t equals = std::min(pair.find('='), pair.size());
        const std::string_view key = pair.substr(0, equals);
        if (pair.empty()) {
            continue;
        }
        if (std::ranges::find(route.parameters, key) == route.parameters.end()) {
            return Error(Errc::invalid_argument,
                         route.parameters.empty()
                             ? fmt::format("{} takes no parameters", route.path)
                             : fmt::format("{} takes no parameter \"{}\"; it takes {}", route.path,
                                           key, fmt::join(route.parameters, ", ")));
        }
        std::string value = unescaped(pair.substr(std::min(equals + 1, pair.size())));
        if (!given.emplace(key, std::move(value)).second) {
            return Error(Errc::invalid_argument,
                         fmt::format("the parameter \"{}\" is given twice", key));
        }
    }
    return given;
}

Result<Selection> selection_from_query(const HttpRequest& request, const ApiRoute& route) {
    LS_TRY(given, parameters_of(request, route));
    Selection selection;
    for (auto& [key, value] : given) {
        if (key == "link") {
            selection.link = std::move(value);
        } else if (key == "topic") {
            selection.scope.topic = std::move(value);
        } else if (key == "state") {
            LS_TRY(state, state_from(value));
            selection.state = state;
        } else {
            LS_TRY(partition, partition_from(value));
            selection.scope.partition = partition;
        }
    }
    return checked(std::move(selection));
}

Result<Selection> selection_from_body(const Json& body) {
    Selection selection;
    for (const auto& [key, value] : body.items()) {
        if (key == "link" && value.is_string()) {
            selection.link = value.get<std::string>();
        } else if (key == "topic" && value.is_string()) {
            selection.scope.topic = value.get<std::string>();
        } else if (key == "partition" && value.is_number_unsigned()) {
            LS_TRY(partition, partition_from(value.dump()));
            selection.scope.partition = partition;
        } else {
            return Error(Errc::invalid_argument,
                         fmt::format("\"{}\" is not known, or has a value of another kind; there "
                                     "are link and topic (text) and partition (number)",
                                     key));
        }
    }
    return checked(std::move(selection));
}

/// Of `links`, what is selected. Errc::not_found where that is nothing, although it was named.
Result<std::vector<LinkStatus>> select(const std::vector<LinkStatus>& links,
                                       const Selection& selection) {
    std::vector<LinkStatus> selected;
    bool has_link = false;
    for (const LinkStatus& link : links) {
        if (selection.link && link.name != *selection.link) {
            continue;
        }
        has_link = true;
        LinkStatus part = link;
        std::erase_if(part.partitions, [&selection](const PartitionStatus& each) {
            return !selection.scope.covers({each.id.topic, each.id.partition});
        });
        if (selection.scope.topic && part.partitions.empty()) {
            continue;
        }
        selected.push_back(std::move(part));
    }
    if (selection.link && !has_link) {
        return Error(Errc::not_found, fmt::format("there is no link \"{}\"", *selection.link));
    }
    if (selection.scope.topic && selected.empty()) {
        return Error(
            Errc::not_found,
            selection.scope.partition
                ? fmt::format("there is no partition {} of topic \"{}\" on any link",
                              selection.scope.partition->value(), *selection.scope.topic)
                : fmt::format("there is no topic \"{}\" on any link", *selection.scope.topic));
    }
    return selected;
}

std::string status_of(const ApiView& view) {
    const double uptime = static_cast<double>(view.now_ms - view.start_time_ms) / 1000;
    return status_json(view.links, view.rates, {uptime, view.now_ms});
}

/// The body of a page that is made of nothing but `view`.
std::string page_of(std::string_view path, const ApiView& view) {
    using Page = std::string (*)(const ApiView&);
    constexpr std::array<std::pair<std::string_view, Page>, 8> kPages{{
        {"/api/v1/status", status_of},
        {"/api/v1/links", links_json},
        {"/api/v1/topics", topics_json},
        {"/api/v1/groups", groups_json},
        {"/api/v1/lag", lag_json},
        {"/api/v1/explain", explanations_json},
        {"/api/v1/clusters", clusters_json},
        {"/api/v1/regions", regions_json},
    }};
    const auto* page = std::ranges::find(kPages, path, &std::pair<std::string_view, Page>::first);
    LS_ASSERT(page != kPages.end());
    return page->second(view);
}

HttpResponse get(const HttpRequest& request, const ApiRoute& route, const ApiView& view,
                 const ApiControls& controls) {
    const auto selection = selection_from_query(request, route);
    if (selection.has_error()) {
        return failure(400, selection.error().context);
    }
    if (route.path == "/api/v1/log") {
        return json_response(log_json(to_string(controls.log_level())));
    }
    if (!selection->link && !selection->scope.topic && !selection->state) {
        return json_response(page_of(route.path, view));  // of thousands of partitions, no copy
    }
    auto links = select(view.links, *selection);
    if (links.has_error()) {
        return failure(404, links.error().context);
    }
    const ApiView selected{std::move(*links), view.rates,         view.now_ms,
                           view.clusters,     view.start_time_ms, selection->state};
    return json_response(page_of(route.path, selected));
}

/// "/api/v1/pause" as "pause".
std::string action_of(const HttpRequest& request) {
    return request.path.substr(request.path.rfind('/') + 1);
}

struct Done {
    std::string action;
    const std::vector<ChangedLink>& links;
};

/// Some of the links could not be changed; the answer says which of them were.
HttpResponse refusal(int status, std::string why, const Done& done) {
    if (!done.links.empty()) {
        why += fmt::format(". Done all the same: {} of", done.action);
        for (const ChangedLink& link : done.links) {
            why += fmt::format("{} link {}", &link == &done.links.front() ? "" : ",", link.link);
        }
    }
    return {status, "application/json", error_json(why, done.links)};
}

/// Goes through all that is selected, so that what is done does not hang on the order of the links.
HttpResponse change(const HttpRequest& request, const Json& body, const ApiView& view,
                    const ApiControls& controls) {
    const std::string action = action_of(request);
    const ApiControls::Change& act = action == "pause" ? controls.pause : controls.resume;
    const auto selection = selection_from_body(body);
    if (selection.has_error()) {
        return failure(400, selection.error().context);
    }
    if (!selection->link && !selection->scope.topic) {
        return failure(400, "say what: give \"link\", \"topic\", or both");
    }
    const auto links = select(view.links, *selection);
    if (links.has_error()) {
        return failure(404, links.error().context);
    }
    std::vector<ChangedLink> changed;
    int status = 200;
    std::string refused;
    for (const LinkStatus& link : *links) {
        const auto count = act(link.name, selection->scope);
        if (count.has_error()) {
            const bool is_conflict = count.error().is(Errc::invalid_argument);
            status = is_conflict || status == 409 ? 409 : 404;
            refused += fmt::format("{}link {}: {}", refused.empty() ? "" : "; ", link.name,
                                   count.error().context);
            continue;
        }
        const auto unchanged = std::ranges::count_if(link.partitions, [&](const auto& partition) {
            return (partition.state == PartitionState::paused) == (action == "pause");
        });
        changed.push_back({link.name, *count, static_cast<size_t>(unchanged)});
        controls.audit(
            {action, link.name, selection->scope, "", request.peer, request.token, *count});
    }
    return refused.empty() ? json_response(changed_json(changed))
                           : refusal(status, std::move(refused), {action, changed});
}

HttpResponse set_log_level(const HttpRequest& request, const Json& body,
                           const ApiControls& controls) {
    log::Level level{};
    const bool is_level = body.size() == 1 && body.contains("level") && body["level"].is_string() &&
                          log::parse_level(body["level"].get<std::string>(), level);
    if (!is_level) {
        return failure(400,
                       "the body must be {\"level\": L}, L being \"trace\", \"debug\", \"info\", "
                       "\"warn\", \"error\" or \"off\"");
    }
    controls.set_log_level(level);
    controls.audit(
        {"log level", "", {}, std::string(to_string(level)), request.peer, request.token});
    return json_response(log_json(to_string(level)));
}

HttpResponse post(const HttpRequest& request, const ApiRoute& route, const ApiView& view,
                  const ApiControls& controls) {
    const auto parameters = parameters_of(request, route);
    if (parameters.has_error()) {
        return failure(400, parameters.error().context + "; the body says what is meant");
    }
    if (request.content_type != "application/json") {
        return failure(415, "send JSON, and say so: Content-Type: application/json");
    }
    const Json body = Json::parse(request.body, nullptr, false);
    if (!body.is_object()) {
        return failure(400, "the body is no JSON object");
    }
    return request.path == "/api/v1/log" ? set_log_level(request, body, controls)
                                         : change(request, body, view, controls);
}

}  // namespace

std::span<const ApiRoute> api_routes() {
    return kRoutes;
}

HttpResponse answer_api(const HttpRequest& request, const ApiView& view,
                        const ApiControls& controls) {
    const std::string method = request.method == "HEAD" ? "GET" : request.method;
    std::string allow;
    for (const ApiRoute& route : kRoutes) {
        if (route.path == request.path) {
            if (route.method == method) {
                return method == "POST" ? post(request, route, view, controls)
                                        : get(request, route, view, controls);
            }
            allow = route.method == "GET" ? "GET, HEAD" : "POST";
        }
    }
    if (!allow.empty()) {
        HttpResponse response = failure(405, fmt::format("{} takes {} only", request.path, allow));
        response.allow = allow;
        return response;
    }
    return failure(404, "there is no such page; docs/openapi.yaml lists those that there are");
}

}  // namespace lockstep::app
