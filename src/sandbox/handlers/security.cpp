// Which functions answer the requests about users, rights and quotas; each room of them is in the
// file of its name.

#include "sandbox/handler_table.h"

namespace lockstep::sandbox {

void add_acl_handlers(HandlerTable& table);
void add_quota_handlers(HandlerTable& table);
void add_sasl_handlers(HandlerTable& table);
void add_user_handlers(HandlerTable& table);

void add_security_handlers(HandlerTable& table) {
    add_acl_handlers(table);
    add_quota_handlers(table);
    add_sasl_handlers(table);
    add_user_handlers(table);
}

}  // namespace lockstep::sandbox
