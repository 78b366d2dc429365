#pragma once

#include "runtime/network.h"
#include "runtime/signal.h"
#include "sim/holds.h"
#include "sim/world.h"

#include <deque>
#include <map>
#include <set>
#include <utility>

namespace lockstep::sim {

class SimListener;

/// How long a message is on its way: between the two, drawn anew for each.
struct Latency {
    Duration least = std::chrono::microseconds(200);
    Duration most = std::chrono::milliseconds(2);
};

/// One connection, as both ends and the messages between them share it. What is sent arrives in
/// order or not at all.
struct Wire {
    struct End {
        End(std::string node_, runtime::EventLoop& loop) : node(std::move(node_)), arrived(loop) {}

        std::string node;
        std::deque<Bytes> inbox;
        std::deque<Bytes> on_the_way;  // to this end; an empty one: the other end has closed
        TimePoint last_arrival{};
        bool has_ended = false;  // nothing comes any more
        bool is_closed = false;  // by its owner
        runtime::Signal arrived;
    };

    End ends[2];
};

/// All that connects the nodes of a world: who listens where, which directions are cut. Owned
/// beside the world; outlives what is connected.
class Internet {
public:
    explicit Internet(World& world) : world_(world) {}

    World& world() { return world_; }
    void set_latency(Latency latency) { latency_ = latency; }

    /// From now on nothing gets from one node to the other; it waits, as TCP sends it again. Until
    /// it has been unblocked as often as it was blocked.
    void block(const std::string& from, const std::string& to);
    void unblock(const std::string& from, const std::string& to);
    bool is_blocked(const std::string& from, const std::string& to) const {
        return blocked_.has({from, to});
    }

    /// Connections between the two nodes break: both ends see it, messages on their way are lost.
    void reset(const std::string& one, const std::string& other);
    /// What becomes of what a node has sent, when it ends: with the machine it is lost, but it
    /// still arrives where only the process dies.
    enum class Sent { is_lost, arrives };
    /// Nothing of the node goes out any more, and its peers see its connections end.
    void sever(const std::string& node, Sent sent);

    /// What a node sends is so much longer on its way, as from a broker with a slow disk, until
    /// that lag ends. Of several at once, the longest counts.
    void begin_lag(const std::string& node, Duration lag) { lags_.emplace(node, lag); }
    void end_lag(const std::string& node, Duration lag);
    Duration lag_of(const std::string& node) const;

    /// Nothing is cut.
    bool is_whole() const { return blocked_.is_empty(); }

    uint64_t messages() const { return messages_; }

private:
    friend class SimNetwork;
    friend class SimStream;
    friend class SimListener;

    struct Address {
        std::string host;
        uint16_t port = 0;
        auto operator<=>(const Address&) const = default;
    };

    Duration draw_delay();
    void send(const std::shared_ptr<Wire>& wire, int to, Bytes bytes);
    void deliver(const std::shared_ptr<Wire>& wire, int to);
    void break_wire(const std::shared_ptr<Wire>& wire);
    static void break_end(Wire::End& end);

    World& world_;
    Latency latency_;
    std::map<Address, SimListener*> listeners_;
    Holds<std::pair<std::string, std::string>> blocked_;
    std::set<std::string> severed_;
    std::multimap<std::string, Duration> lags_;
    std::vector<std::weak_ptr<Wire>> wires_;
    uint64_t messages_ = 0;
};

/// The network as one node sees it.
class SimNetwork final : public runtime::Network {
public:
    SimNetwork(Internet& internet, NodeLoop& node) : internet_(internet), node_(node) {}

    runtime::Task<Result<std::unique_ptr<runtime::Stream>>> connect(std::string host, uint16_t port,
                                                                    TimePoint deadline,
                                                                    std::stop_token stop) override;

    /// Takes connections to `host`, which stands for the node.
    std::unique_ptr<runtime::Listener> listen(const std::string& host, uint16_t port);

private:
    Internet& internet_;
    NodeLoop& node_;
};

}  // namespace lockstep::sim
