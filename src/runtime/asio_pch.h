#pragma once

// Precompiled for this room only: nobody else sees Asio.
#include <boost/asio.hpp>
#include <boost/beast.hpp>
