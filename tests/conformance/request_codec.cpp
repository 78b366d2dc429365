// Translates between JSON and Kafka's wire format, so that scripts can talk to brokers. One line
// in, one line out:
//
//     {"encode": "Fetch", "version": 12, "correlation_id": 3, "body": {...}}   the frame, as hex
//     {"decode": "Fetch", "version": 12, "frame": "..."}                       the body, as JSON
//
// A frame comes without its size. A line that is wrong is answered with {"error": "..."}.

#include "json_fields.h"
#include "protocol/codec.h"
#include "protocol/frame.h"
#include "protocol/messages/all_messages.h"

#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

using namespace lockstep;
using namespace lockstep::conformance;
using namespace lockstep::protocol;

namespace {

struct Api {
    std::string (*encode)(const Json& line);
    std::string (*decode)(const Json& line);
};

/// Finds mistakes in names: each must be a field's of some version.
template <typename Request>
void check_names(const Json& body) {
    std::set<const Json*> used;
    for (int16_t version = Request::kMinVersion; version <= Request::kMaxVersion; ++version) {
        JsonFiller filler(body, version);
        Request request;
        filler.structure(nullptr, request);
        used.insert(filler.used().begin(), filler.used().end());
    }
    require_all(body, used);
}

template <typename Request>
std::string encode_line(const Json& line) {
    const auto version = line.at("version").get<int16_t>();
    const auto correlation_id = line.at("correlation_id").get<int32_t>();
    check_names<Request>(line.at("body"));
    JsonFiller filler(line.at("body"), version);
    Request request;
    filler.structure(nullptr, request);
    WireWriter writer;
    write_request(writer, request, version, {correlation_id, "script"});
    const Bytes frame = writer.flatten();
    return Json(to_hex(ByteView(frame).subspan(kFrameSizeBytes))).dump();
}

template <typename Request>
std::string decode_line(const Json& line) {
    const auto version = line.at("version").get<int16_t>();
    const Bytes frame = from_hex(line.at("frame").get<std::string>());
    const auto header = decode_response_header(frame, Request::kKey, version);
    if (header.has_error()) {
        throw std::runtime_error(header.error().message());
    }
    auto response = decode<typename Request::Response>(header->body, version);
    if (response.has_error()) {
        throw std::runtime_error(response.error().message());
    }
    JsonReader reader(version);
    reader.structure(nullptr, *response);
    return reader.take().dump();
}

std::map<std::string, Api> all_apis() {
    std::map<std::string, Api> apis;
    AllMessages::for_each([&]<typename Message>() {
        if constexpr (requires { typename Message::Response; }) {
            std::string name(Message::kName);
            name.resize(name.size() - std::string_view("Request").size());
            apis[name] = {encode_line<Message>, decode_line<Message>};
        }
    });
    return apis;
}

std::string answer(const std::map<std::string, Api>& apis, const std::string& text) {
    try {
        const Json line = Json::parse(text);
        return line.contains("encode") ? apis.at(line.at("encode").get<std::string>()).encode(line)
                                       : apis.at(line.at("decode").get<std::string>()).decode(line);
    } catch (const std::exception& error) {
        return Json{{"error", error.what()}}.dump();
    }
}

}  // namespace

int main() {
    const auto apis = all_apis();
    for (std::string line; std::getline(std::cin, line);) {
        std::cout << answer(apis, line) << std::endl;
    }
    return 0;
}
