#pragma once

#include "client/backoff.h"
#include "client/cluster_security.h"
#include "client/connection.h"
#include "client/metadata.h"

#include <map>
#include <memory>
#include <vector>

namespace lockstep::client {

/// What a connection is for. A broker handles the requests of one connection one after the other,
/// so a long fetch must not share one with anything that is in a hurry.
enum class Purpose { control, fetch, produce, markers, group, share_groups, verify };

using ConnectionPtr = std::shared_ptr<Connection>;

/// One Kafka cluster as a client sees it: its metadata, and a connection per broker and purpose
/// that is opened when it is wanted and opened again, with backoff, when it was lost. Lives on one
/// shard. `co_await close()` before destroying it.
class Cluster {
public:
    Cluster(runtime::Runtime& runtime, ClusterSpec spec, ConnectionOptions options);
    ~Cluster();

    const std::string& name() const { return spec_.name; }
    const Metadata& metadata() const { return metadata_; }
    runtime::Runtime& runtime() const { return runtime_; }

    /// Asks any broker for metadata: of `topics`, or of all where it is null. An address that
    /// belongs to another cluster than before, or than the spec says, is `invalid_argument` and
    /// changes nothing.
    runtime::Task<Result<void>> refresh_metadata(const std::vector<std::string>* topics,
                                                 std::stop_token stop);

    /// A connection to a broker. Waits for its turn after failures, so a loop that calls this needs
    /// no backoff of its own. Every caller gets the same one until it is closed; `number` tells
    /// several for the same purpose apart (a broker answers one request of a connection at a time).
    runtime::Task<Result<ConnectionPtr>> broker(BrokerId id, Purpose purpose, std::stop_token stop,
                                                size_t number = 0);

    /// A connection to whichever broker can be reached: known ones first, then the bootstrap list.
    runtime::Task<Result<ConnectionPtr>> any_broker(std::stop_token stop);

    /// Sends a request to whichever broker can be reached (KRaft brokers and, since 2.8, ZooKeeper
    /// ones forward nothing: use `call_controller` for what only the controller does).
    template <typename Request>
    runtime::Task<Result<Answer<typename Request::Response>>> call_any(const Request& request,
                                                                       std::stop_token stop);
    template <typename Request>
    runtime::Task<Result<Answer<typename Request::Response>>> call_controller(
        const Request& request, std::stop_token stop);

    /// Lets nobody wait any longer for the turn of a connection that has failed.
    void connect_now();

    /// Closes all connections and waits for their tasks.
    runtime::Task<void> close();

private:
    struct Slot {
        Slot(runtime::EventLoop& loop, BackoffPace pace) : changed(loop), backoff(pace) {}
        ConnectionPtr connection;
        bool is_opening = false;
        runtime::Signal changed;
        runtime::TimePoint not_before{};
        Backoff backoff;
    };
    struct Use {
        Purpose purpose;
        size_t number = 0;

        auto operator<=>(const Use&) const = default;
    };
    using SlotKey = std::pair<std::string, Use>;  // the address, as brokers may move

    runtime::Task<Result<ConnectionPtr>> connection_to(Endpoint endpoint, Use use,
                                                       std::stop_token stop);
    runtime::Task<void> retire(ConnectionPtr connection);

    runtime::Runtime& runtime_;
    ClusterSpec spec_;
    ClusterSecurity security_;  // outlives the connections
    ConnectionOptions options_;
    Metadata metadata_;
    std::map<SlotKey, std::unique_ptr<Slot>> slots_;
    bool is_closed_ = false;
    size_t next_any_ = 0;
    runtime::TaskGroup tasks_;
};

template <typename Request>
runtime::Task<Result<Answer<typename Request::Response>>> Cluster::call_any(const Request& request,
                                                                            std::stop_token stop) {
    auto connection = co_await any_broker(stop);
    LS_CO_TRY(connected, std::move(connection));
    auto answer = co_await connected->call(request);
    co_return answer;
}

template <typename Request>
runtime::Task<Result<Answer<typename Request::Response>>> Cluster::call_controller(
    const Request& request, std::stop_token stop) {
    auto connection = co_await broker(metadata_.controller(), Purpose::control, stop);
    LS_CO_TRY(connected, std::move(connection));
    auto answer = co_await connected->call(request);
    co_return answer;
}

}  // namespace lockstep::client
