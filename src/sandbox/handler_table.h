#pragma once

#include "protocol/codec.h"
#include "protocol/frame.h"
#include "protocol/messages/api_versions.h"
#include "protocol/request_decoding.h"
#include "runtime/task.h"
#include "sandbox/call.h"

#include <functional>
#include <map>
#include <optional>

namespace lockstep::sandbox {

struct VersionRange {
    int16_t min = 0;
    int16_t max = 0;
};

/// Who answers which request. Each handler is a function of its own file in handlers/:
///
///     ListOffsetsResponse list_offsets(Call& call, const ListOffsetsRequest& request);
///     Task<FetchResponse> fetch(Call& call, const FetchRequest& request);   // one that waits
class HandlerTable {
public:
    /// The body of the answer, in `writer`, behind its header. Error: the request is malformed.
    using Answer = runtime::Task<Result<void>>;
    using Handler = std::function<Answer(Call& call, ByteView body, protocol::WireWriter& writer)>;

    /// All that the sandbox has.
    static const HandlerTable& instance();

    const Handler* find(protocol::ApiKey key) const;

    template <typename Request>
    void add(typename Request::Response (*handle)(Call&, const Request&)) {
        handlers_[Request::kKey] = [handle](Call& call, ByteView body,
                                            protocol::WireWriter& writer) {
            return answer<Request>(handle, call, body, writer);
        };
    }
    template <typename Request>
    void add(runtime::Task<typename Request::Response> (*handle)(Call&, const Request&)) {
        handlers_[Request::kKey] = [handle](Call& call, ByteView body,
                                            protocol::WireWriter& writer) {
            return answer_later<Request>(handle, call, body, writer);
        };
    }

private:
    template <typename Request, typename Handle>
    static Answer answer(Handle handle, Call& call, ByteView body, protocol::WireWriter& writer) {
        LS_CO_TRY(request, protocol::decode_as_brokers_do<Request>(body, call.version));
        const typename Request::Response response = handle(call, request);
        protocol::encode(response, call.version, writer);
        co_return Result<void>();
    }
    template <typename Request, typename Handle>
    static Answer answer_later(Handle handle, Call& call, ByteView body,
                               protocol::WireWriter& writer) {
        LS_CO_TRY(request, protocol::decode_as_brokers_do<Request>(body, call.version));
        const typename Request::Response response = co_await handle(call, request);
        protocol::encode(response, call.version, writer);
        co_return Result<void>();
    }

    std::map<protocol::ApiKey, Handler> handlers_;
};

/// What brokers of this version offer, of what there is a handler for.
std::optional<VersionRange> versions_of(protocol::ApiKey key, KafkaVersion version);

/// What a broker answers to an ApiVersions request of a version that it does not know (KIP-511):
/// version 0, with what it speaks, so that the client asks again.
protocol::ApiVersionsResponse refusal_of_versions(KafkaVersion version);

// Each room of handlers adds its own.
void add_record_handlers(HandlerTable& table);    // produce, fetch, list offsets, epochs, delete
void add_metadata_handlers(HandlerTable& table);  // versions, metadata, coordinators, cluster
void add_topic_handlers(HandlerTable& table);     // topics and their partitions
void add_config_handlers(HandlerTable& table);    // configs of topics and brokers
void add_admin_handlers(HandlerTable& table);     // log directories, elections, partitions
void add_group_handlers(HandlerTable& table);     // classic groups and their offsets
void add_consumer_group_handlers(HandlerTable& table);  // KIP-848
void add_transaction_handlers(HandlerTable& table);     // producer ids, transactions, markers
void add_security_handlers(HandlerTable& table);        // SASL, ACLs, users, quotas

}  // namespace lockstep::sandbox
