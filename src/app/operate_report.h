#pragma once

// PURE: what the commands that ask a running Lockstep print, made of the API's answers.

#include "app/operate_options.h"
#include "base/result.h"

#include <string>

namespace lockstep::app {

struct OperateReport {
    std::string text;          // in 80 columns, but for names that are longer
    bool has_trouble = false;  // exit code 3
    bool is_partial = false;   // it judges partitions, but not all: others have some; exit code 4
};

/// Errc::malformed where `body` is not the answer to that request.
Result<OperateReport> operate_report(const OperateOptions& options, const std::string& body);

/// The page to ask for, with its query.
std::string operate_page(const OperateOptions& options);

/// What to send with a POST; "" where it is a GET.
std::string operate_body(const OperateOptions& options);

}  // namespace lockstep::app
