#include "sandbox/handler_table.h"

namespace lockstep::sandbox {

const HandlerTable& HandlerTable::instance() {
    static const HandlerTable table = [] {
        HandlerTable all;
        add_record_handlers(all);
        add_metadata_handlers(all);
        add_topic_handlers(all);
        add_config_handlers(all);
        add_admin_handlers(all);
        add_group_handlers(all);
        add_consumer_group_handlers(all);
        add_transaction_handlers(all);
        add_security_handlers(all);
        return all;
    }();
    return table;
}

const HandlerTable::Handler* HandlerTable::find(protocol::ApiKey key) const {
    const auto found = handlers_.find(key);
    return found == handlers_.end() ? nullptr : &found->second;
}

}  // namespace lockstep::sandbox
