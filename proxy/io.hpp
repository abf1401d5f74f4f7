// The io_context of the daemon, whose waiting work can be destroyed before what it refers to.
#pragma once

#include <boost/asio/io_context.hpp>

namespace howdah::proxy {

class Io : public boost::asio::io_context {
public:
    using boost::asio::io_context::io_context;
    // Destroys every handler and coroutine that waits here. Nothing runs from then on.
    void destroy_waiting() { shutdown(); }
};

} // namespace howdah::proxy
