#include "replication/shared_pauses.h"

#include <algorithm>
#include <utility>

namespace lockstep::replication {
namespace {

/// Whoever gave it has been told at once where something wider is paused, and what has been paused
/// by others since then stays so.
void follow(Pauses& pauses, const PauseOrder& order) {
    if (order.is_resume) {
        [[maybe_unused]] const auto removed = pauses.remove(order.scope);
    } else {
        pauses.add(order.scope);
    }
}

std::vector<PauseScope> only_in(const Pauses& pauses, const Pauses& others) {
    std::vector<PauseScope> scopes;
    std::ranges::copy_if(pauses.scopes(), std::back_inserter(scopes),
                         [&others](const PauseScope& scope) { return !others.covers(scope); });
    return scopes;
}

}  // namespace

AgreedPauses agree_on_pauses(const std::vector<ToldPauses>& told) {
    const auto newest = std::ranges::max_element(
        told, {}, [](const ToldPauses& each) { return each.agreed.version; });
    if (newest == told.end()) {
        return {};
    }
    Pauses pauses(newest->agreed.scopes);
    for (const ToldPauses& each : told) {
        for (const PauseOrder& order : each.orders) {
            follow(pauses, order);
        }
    }
    const bool is_changed = pauses.scopes() != newest->agreed.scopes;
    return {newest->agreed.version + (is_changed ? 1 : 0), pauses.scopes()};
}

void SharedPauses::pause(const PauseScope& scope) {
    now_.add(scope);
    add({scope, false});
}

Result<void> SharedPauses::resume(const PauseScope& scope) {
    LS_CHECK(now_.remove(scope));
    add({scope, true});
    return {};
}

/// What it makes void is not told any more.
void SharedPauses::add(PauseOrder order) {
    std::erase_if(orders_, [&order](const Numbered& each) {
        return order.scope.covers(each.order.scope);
    });
    orders_.push_back({++newest_, std::move(order)});
}

ToldPauses SharedPauses::tell() {
    told_ = newest_;
    ToldPauses told{agreed_, {}};
    for (const Numbered& each : orders_) {
        told.orders.push_back(each.order);
    }
    return told;
}

PauseChanges SharedPauses::take(AgreedPauses agreed) {
    agreed_ = std::move(agreed);
    std::erase_if(orders_, [this](const Numbered& each) { return each.number <= told_; });
    const Pauses before = std::exchange(now_, Pauses(agreed_.scopes));
    for (const Numbered& each : orders_) {
        follow(now_, each.order);
    }
    return {only_in(now_, before), only_in(before, now_)};
}

}  // namespace lockstep::replication
