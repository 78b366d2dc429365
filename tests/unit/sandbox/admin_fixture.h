#pragma once

// A cluster in memory and one client of it, for the tests of requests that administrate.

#include "base/rng.h"
#include "protocol/codec.h"
#include "sandbox/acls.h"
#include "sandbox/handler_table.h"
#include "tests/unit/support/manual_loop.h"

#include <gtest/gtest.h>

#include <memory>

namespace lockstep::sandbox {

class AdminTest : public ::testing::Test {
protected:
    /// To be called once, before anything else.
    Cluster& start(ClusterOptions options = {}) {
        cluster_ = std::make_unique<Cluster>(loop_, rng_, std::move(options));
        return *cluster_;
    }
    /// A cluster with an authorizer, whose client is nobody special.
    Cluster& start_guarded() {
        ClusterOptions options;
        options.has_authorizer = true;
        options.super_users = {"User:admin"};
        start(std::move(options));
        connection_.principal = "User:alice";
        return *cluster_;
    }

    /// Through the bytes of request and answer, as clients ask.
    template <typename Request>
    typename Request::Response ask(const Request& request, int16_t version) {
        using Response = typename Request::Response;
        Call call{*cluster_, broker_, connection_, version, client_id_, {}, {}};
        protocol::WireWriter body;
        protocol::encode(request, version, body);
        const Bytes bytes = body.flatten();
        protocol::WireWriter answer;
        const auto* handler = HandlerTable::instance().find(Request::kKey);
        auto handled = test::run(loop_, (*handler)(call, bytes, answer));
        EXPECT_FALSE(handled.has_error());
        ends_connection_ = call.ends_connection;
        wants_answer_ = !call.wants_no_answer;
        answered_ = answer.flatten();
        auto response = protocol::decode<Response>(answered_, version);
        EXPECT_FALSE(response.has_error());
        return response.has_error() ? Response{} : std::move(*response);
    }

    Call call_of(std::string principal, std::string host = "127.0.0.1") {
        connection_.principal = std::move(principal);
        connection_.host = std::move(host);
        return {*cluster_, broker_, connection_, 0, client_id_, {}, {}};
    }

    void allow(ResourceType type, const std::string& name, AclOperation operation,
               AclPermission permission = AclPermission::allow) {
        Acl acl;
        acl.type = type;
        acl.name = name;
        acl.principal = "User:alice";
        acl.host = "*";
        acl.operation = operation;
        acl.permission = permission;
        cluster_->acls().add(acl);
    }

    test::ManualLoop loop_;
    Rng rng_{7};
    std::unique_ptr<Cluster> cluster_;
    ClientConnection connection_;
    BrokerId broker_{1};
    std::string client_id_ = "client-1";
    bool ends_connection_ = false;
    bool wants_answer_ = true;
    Bytes answered_;  // records in the last answer point into it
};

inline int16_t number_of(protocol::KafkaError error) {
    return static_cast<int16_t>(error);
}

}  // namespace lockstep::sandbox
