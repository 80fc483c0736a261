#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "lienzo/http/context.h"
#include "lienzo/http/gate.h"
#include "lienzo/http/route.h"

namespace lienzo::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 7860;                // 0: any free one
  int most_connections = 4000;    // each has a thread; more wait
  int read_timeout_seconds = 15;  // for the next byte of a request
};

/// Speaks HTTP/1.1: one thread a connection, so that slow clients wait for themselves only.
class Server {
 public:
  /// `gate` and what `routes` refer to outlive it.
  Server(Context& context, Gate& gate, Routes routes, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes the port. Throws Error(kIo) when it is taken or not allowed. Returns the port.
  int bind();
  /// Answers until stop().
  void run();
  /// May be called from any thread.
  void stop();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Whether a host stands for this machine only.
bool is_loopback(const std::string& host);

}  // namespace lienzo::http
