#pragma once

#include "sandbox/call.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/handler_table.h"
#include "tests/unit/support/manual_loop.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::sandbox {

/// A request under way: the answer comes when the loop has turned.
template <typename Request>
struct Asked {
    BrokerId broker;
    Request request;
    int16_t version = 0;
    std::optional<typename Request::Response> answer;
};

/// A cluster with virtual time, and clients of its groups.
class GroupBench {
public:
    explicit GroupBench(ClusterOptions options = {})
        : cluster(loop, rng, std::move(options)), clients_(loop) {}
    ~GroupBench() {
        stop.request_stop();
        loop.settle();
        LS_ASSERT(clients_.running() == 0);
    }

    /// The answer of the group's coordinator; the request must not have to wait.
    template <typename Request>
    typename Request::Response ask(const std::string& group, const Request& request,
                                   int16_t version = Request::kMaxVersion) {
        return ask_broker(cluster.coordinator_of(group), request, version);
    }
    template <typename Request>
    typename Request::Response ask_broker(BrokerId broker, const Request& request,
                                          int16_t version = Request::kMaxVersion) {
        auto asked = begin_at(broker, request, version);
        LS_ASSERT(asked->answer.has_value());
        return std::move(*asked->answer);
    }
    /// For requests that wait.
    template <typename Request>
    std::shared_ptr<Asked<Request>> begin(const std::string& group, const Request& request,
                                          int16_t version = Request::kMaxVersion) {
        return begin_at(cluster.coordinator_of(group), request, version);
    }

    test::ManualLoop loop;
    Rng rng{7};
    Cluster cluster;
    std::string client_id = "client";
    std::stop_source stop;

private:
    template <typename Request>
    std::shared_ptr<Asked<Request>> begin_at(BrokerId broker, const Request& request,
                                             int16_t version) {
        auto asked = std::make_shared<Asked<Request>>();
        asked->broker = broker;
        asked->request = request;
        asked->version = version;
        clients_.spawn("client", send(this, asked));
        loop.settle();
        return asked;
    }

    /// Through the wire's form, as from a client. Static: nothing is captured.
    template <typename Request>
    static runtime::Task<void> send(GroupBench* bench, std::shared_ptr<Asked<Request>> asked) {
        protocol::WireWriter writer;
        protocol::encode(asked->request, asked->version, writer);
        const Bytes body = writer.cut_tail(0);
        ClientConnection connection;
        Call call{bench->cluster,   asked->broker,           connection, asked->version,
                  bench->client_id, bench->stop.get_token(), {}};
        const HandlerTable::Handler* handler = HandlerTable::instance().find(Request::kKey);
        LS_ASSERT(handler != nullptr);
        protocol::WireWriter answer_writer;
        const Result<void> result = co_await (*handler)(call, body, answer_writer);
        const Bytes answer = answer_writer.cut_tail(0);
        LS_ASSERT(result.has_value());
        auto decoded = protocol::decode<typename Request::Response>(answer, asked->version);
        LS_ASSERT(decoded.has_value());
        asked->answer.emplace(std::move(*decoded));
    }

    runtime::TaskGroup clients_;
};

}  // namespace lockstep::sandbox
