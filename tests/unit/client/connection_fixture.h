#pragma once

#include "client/connection.h"
#include "protocol/kafka_error.h"
#include "tests/unit/support/fake_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::client {

using protocol::ApiKey;
using protocol::MetadataRequest;
using protocol::MetadataResponse;
using runtime::Task;
using test::ManualLoop;
using test::ReceivedRequest;
using test::Script;
using test::ScriptedNetwork;

constexpr int16_t kProbeVersion = 9;

/// How one call ended: with the text of its answer, or with an error.
struct Outcome {
    std::string question;
    std::string answer;
    std::optional<Error> error;
};

/// An answer of any size: Kafka's strings end at 32 KiB, so it is spread over many.
inline MetadataResponse text_answer(const std::string& text) {
    constexpr size_t kPiece = 20'000;
    MetadataResponse response;
    for (size_t at = 0; at < text.size(); at += kPiece) {
        response.brokers.emplace_back().host = text.substr(at, kPiece);
    }
    return response;
}

inline std::string text_of(const MetadataResponse& response) {
    std::string text;
    for (const auto& broker : response.brokers) {
        text += broker.host;
    }
    return text;
}

/// Asks for the metadata of a topic named `question`; the answer is a text_answer().
inline Task<void> ask(Connection& connection, std::string question,
                      std::vector<Outcome>& outcomes) {
    MetadataRequest request;
    request.topics.emplace();
    request.topics->emplace_back().name = question;
    auto answer = co_await connection.call(request, kProbeVersion);
    Outcome outcome;
    outcome.question = question;
    if (answer.has_error()) {
        outcome.error = answer.error();
    } else {
        outcome.answer = text_of(answer->message);
    }
    outcomes.push_back(std::move(outcome));
}

inline std::string question_of(const ReceivedRequest& request) {
    const auto topics = request.as<MetadataRequest>().topics;
    return topics && topics->size() == 1 ? topics->front().name.value_or("") : "";
}

/// The frame that answers a question asked with ask().
inline Bytes answer_to(const ReceivedRequest& request) {
    return request.frame_of(text_answer("re: " + question_of(request)));
}

inline Bytes joined(const std::vector<Bytes>& parts) {
    Bytes all;
    for (const Bytes& part : parts) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

/// A connection to a scripted peer, and the calls that are made over it.
class ConnectionTest : public testing::Test {
protected:
    ~ConnectionTest() override { close(); }

    Result<void> open(test::RequestHandler peer, ConnectionOptions options = {}) {
        peer_ = network_.listen(kEndpoint, std::move(peer));
        connection_ = std::make_unique<Connection>(runtime_, kEndpoint, std::move(options));
        return test::run(loop_, connection_->open(stop_.get_token()));
    }

    /// Opens to a peer that keeps all requests, in `requests_`.
    void open_to_silent_peer(ConnectionOptions options = {}) {
        auto opened = open(
            [this](const ReceivedRequest& request) {
                if (request.key() == ApiKey::api_versions) {
                    request.answer(test::versions_with_topic_ids());
                } else {
                    requests_.push_back(request);
                }
            },
            std::move(options));
        ASSERT_TRUE(opened.has_value()) << opened.error().message();
    }

    /// Opens to a peer that answers every question at once.
    void open_to_echo() {
        auto opened = open([](const ReceivedRequest& request) {
            if (request.key() == ApiKey::api_versions) {
                request.answer(test::versions_with_topic_ids());
            } else {
                request.wire->send(answer_to(request));
            }
        });
        ASSERT_TRUE(opened.has_value()) << opened.error().message();
    }

    void start_asking(const std::string& question) {
        calls_.spawn("ask", ask(*connection_, question, outcomes_));
        loop_.settle();
    }

    Outcome ask_and_wait(const std::string& question) {
        test::run(loop_, ask(*connection_, question, outcomes_));
        return outcomes_.back();
    }

    void close() {
        if (connection_) {
            connection_->close();
            test::run(loop_, connection_->join());
            test::run(loop_, calls_.join());
        }
        connection_.reset();
    }

    std::vector<std::string> questions_done() const {
        std::vector<std::string> questions;
        for (const Outcome& outcome : outcomes_) {
            questions.push_back(outcome.question);
        }
        return questions;
    }

    test::Wire& wire() { return *peer_->wires.back(); }

    const Endpoint kEndpoint{"broker", 9092};
    ManualLoop loop_;
    ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    std::stop_source stop_;
    std::shared_ptr<test::ScriptedPeer> peer_;
    std::vector<ReceivedRequest> requests_;
    std::vector<Outcome> outcomes_;
    std::unique_ptr<Connection> connection_;
    runtime::TaskGroup calls_{loop_};
};

}  // namespace lockstep::client
