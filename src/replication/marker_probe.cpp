#include "replication/marker_probe.h"

#include "client/txn_markers.h"
#include "protocol/kafka_error.h"

namespace lockstep::replication {

runtime::Task<Result<std::string>> probe_markers(client::Cluster& target, std::stop_token stop) {
    auto probed = co_await client::probe_txn_markers(target, stop);
    if (!probed.has_error()) {
        co_return std::string();
    }
    const Error& error = probed.error();
    if (error.code.category() == protocol::kafka_category() || error.is(Errc::unsupported)) {
        co_return error.message();
    }
    co_return std::move(probed).error();
}

}  // namespace lockstep::replication
