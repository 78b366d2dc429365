#pragma once

// PURE: which client quotas a target should have.

#include "client/quotas.h"
#include "replication/principal_map.h"
#include "replication/three_way.h"

#include <map>
#include <set>
#include <string>

namespace lockstep::replication {

using QuotaSettings = std::map<client::QuotaEntity, Settings>;

/// The quotas of users and client ids, as texts. Those of addresses are about another network.
QuotaSettings quota_settings(const std::map<client::QuotaEntity, client::Quotas>& quotas);

/// The source's, for the users as they are called on the target, without those left alone.
QuotaSettings wanted_quotas(const QuotaSettings& at_source, const PrincipalMap& principals);

/// Those on the target that are about users whom the link leaves alone, whether the source still
/// has quotas for them or not.
std::set<client::QuotaEntity> left_alone_quotas(const QuotaSettings& on_target,
                                                const QuotaSettings& at_source,
                                                const PrincipalMap& principals);

/// "user alice, client-id (default)", for people.
std::string quota_subject(const client::QuotaEntity& entity);

/// How `__lockstep_followed` names it: "client-id|x|user|alice"; a default has no name but "*",
/// other names have a ':' before them.
std::string quota_key(const client::QuotaEntity& entity);

/// The request's number for a text that quota_settings() made.
double quota_value(const std::string& text);

}  // namespace lockstep::replication
