#include "model/security.h"

namespace lockstep {

std::string_view to_string(SaslMechanism mechanism) {
    switch (mechanism) {
        case SaslMechanism::plain: return "PLAIN";
        case SaslMechanism::scram_sha_256: return "SCRAM-SHA-256";
        case SaslMechanism::scram_sha_512: return "SCRAM-SHA-512";
        case SaslMechanism::oauthbearer: return "OAUTHBEARER";
    }
    return "";
}

}  // namespace lockstep
