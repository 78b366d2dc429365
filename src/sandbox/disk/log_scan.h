#pragma once

#include "base/bytes.h"
#include "model/ids.h"

namespace lockstep::sandbox {

/// What is in the bytes of a file of batches.
struct LogScan {
    size_t good_bytes = 0;  // whole batches with right CRCs and rising offsets
    Offset end;             // behind the last of them
    /// Behind good_bytes there is something wrong, and behind that there are whole batches: no tail
    /// that was torn while it was written.
    bool is_damaged = false;
};

/// PURE: looks at each batch of a file that begins at offset `begin` or behind it.
LogScan scan_log(ByteView bytes, Offset begin);

}  // namespace lockstep::sandbox
