#pragma once

#include "protocol/kafka_error.h"
#include "runtime/signal.h"
#include "runtime/task.h"

#include <memory>
#include <optional>
#include <utility>

namespace lockstep::sandbox {

/// An answer that comes later: who decides gives it, the handler of the request waits for it.
/// Both hold the ticket, so neither has to outlive the other.
template <typename Response>
class Ticket {
public:
    explicit Ticket(runtime::EventLoop& loop) : given_(loop) {}

    /// The first answer counts.
    void give(Response answer) {
        if (!answer_) {
            answer_.emplace(std::move(answer));
            given_.notify_all();
        }
    }
    void refuse(protocol::KafkaError error) {
        if (!answer_) {
            answer_.emplace().error_code = static_cast<int16_t>(error);
            given_.notify_all();
        }
    }
    const std::optional<Response>& answer() const { return answer_; }
    runtime::Signal& given() { return given_; }

private:
    std::optional<Response> answer_;
    runtime::Signal given_;
};

/// Waits for the answer. A broker that ends says that it coordinates no more.
template <typename Response>
runtime::Task<Response> answer_of(std::shared_ptr<Ticket<Response>> ticket, std::stop_token stop) {
    while (!ticket->answer()) {
        const runtime::Wake wake = co_await ticket->given().wait(runtime::kNever, stop);
        if (wake == runtime::Wake::stopped) {
            ticket->refuse(protocol::KafkaError::not_coordinator);
        }
    }
    co_return *ticket->answer();
}

}  // namespace lockstep::sandbox
