#pragma once

#include "client/cluster.h"
#include "model/acl.h"

#include <vector>

namespace lockstep::client {

/// All ACLs of a cluster (KIP-140; prefixed ones since KIP-290), without those that are of a kind
/// that this Lockstep does not know. SECURITY_DISABLED where the cluster has no authorizer.
runtime::Task<Result<std::vector<Acl>>> describe_acls(Cluster& cluster, std::stop_token stop);

/// Creates ACLs, in their order; how it went with each (an Error without a code is success). One
/// that is there already is no error.
runtime::Task<Result<std::vector<Error>>> create_acls(Cluster& cluster, std::vector<Acl> acls,
                                                      std::stop_token stop);

/// Deletes exactly these ACLs; how it went with each. One that is not there is no error.
runtime::Task<Result<std::vector<Error>>> delete_acls(Cluster& cluster, std::vector<Acl> acls,
                                                      std::stop_token stop);

}  // namespace lockstep::client
