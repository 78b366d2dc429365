#pragma once

#include "base/buffer.h"
#include "protocol/kafka_error.h"
#include "sandbox/cluster.h"

#include <stop_token>
#include <string>
#include <vector>

namespace lockstep::sandbox {

class SaslExchange;

/// One client's connection to one broker, as requests see it.
struct ClientConnection {
    std::string principal = "User:ANONYMOUS";
    std::string host = "127.0.0.1";
    bool is_authenticated = false;
    /// SASL: the mechanism that was chosen, and what the exchange has come to.
    std::string sasl_mechanism;
    std::shared_ptr<SaslExchange> sasl_exchange;
    /// What the client sends is tokens without headers (SaslHandshake version 0).
    bool takes_raw_tokens = false;
    /// The client has to log in anew from then on (KIP-368).
    runtime::TimePoint session_end = runtime::kNever;
    /// No other login is taken before that.
    runtime::TimePoint next_login_from{};
    /// No request is taken before that: a quota is used up (KIP-219).
    runtime::TimePoint muted_until{};
    /// Fetch sessions belong to a broker, not to a connection: see handlers/fetch.cpp.
};

/// One request on its way: where it came in, from whom, and what its answer needs.
struct Call {
    Cluster& cluster;
    BrokerId broker;  // which of the cluster's brokers was asked
    ClientConnection& connection;
    int16_t version = 0;
    std::string client_id;
    std::stop_token stop;  // the broker ends

    /// What records in the answer point into.
    std::vector<Slice> kept;
    /// The client asked not to be answered (acks=0), or brokers just close the connection.
    bool wants_no_answer = false;
    /// The connection is to be closed once the answer is sent.
    bool ends_connection = false;
};

inline int16_t code(protocol::KafkaError error) {
    return static_cast<int16_t>(error);
}

}  // namespace lockstep::sandbox
