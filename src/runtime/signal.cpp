#include "runtime/signal.h"

#include "base/assert.h"

namespace lockstep::runtime {

Signal::~Signal() {
    LS_ASSERT(first_ == nullptr);
}

void Signal::notify_all() {
    while (first_ != nullptr) {
        first_->finish(Wake::notified);
    }
}

bool Signal::Awaiter::await_ready() {
    if (stop_.stop_requested()) {
        wake_ = Wake::stopped;
        return true;
    }
    return false;
}

void Signal::Awaiter::await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    previous_ = signal_.last_;
    (signal_.last_ != nullptr ? signal_.last_->next_ : signal_.first_) = this;
    signal_.last_ = this;
    if (deadline_ != kNever) {
        timer_ = signal_.loop_.add_timer(deadline_, [this] {
            timer_.reset();  // it has fired: there is nothing left to cancel
            finish(Wake::timeout);
        });
    }
    if (stop_.stop_possible()) {
        on_stop_.emplace(stop_, OnStop{this});
    }
}

void Signal::Awaiter::finish(Wake wake) {
    wake_ = wake;
    unlink();
    if (timer_) {
        signal_.loop_.cancel_timer(*timer_);
        timer_.reset();
    }
    // A callback that is running now (wake == stopped) is not waited for when it is destroyed by
    // its own thread; one that has not run yet is taken off the list.
    if (wake != Wake::stopped) {
        on_stop_.reset();
    }
    signal_.loop_.post(waiting_);
}

void Signal::Awaiter::unlink() {
    (previous_ != nullptr ? previous_->next_ : signal_.first_) = next_;
    (next_ != nullptr ? next_->previous_ : signal_.last_) = previous_;
    previous_ = next_ = nullptr;
}

}  // namespace lockstep::runtime
