#pragma once

// For this room only: the io_context behind an AsioLoop.

#include <boost/asio/io_context.hpp>

namespace lockstep::runtime {

class AsioLoop;

boost::asio::io_context& io_context_of(AsioLoop& loop);

}  // namespace lockstep::runtime
