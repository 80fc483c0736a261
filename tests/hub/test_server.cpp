#include "test_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace lienzo::hub {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return text;
}

// True when `file` can be read before `milliseconds` pass or `stop` is told.
bool wait_for(int file, int stop, int milliseconds) {
  pollfd files[] = {{stop, POLLIN, 0}, {file, POLLIN, 0}};
  return ::poll(files, 2, milliseconds) > 0 && files[0].revents == 0;
}

bool send_all(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

Seen parse(const std::string& text) {
  Seen seen;
  const size_t first = text.find(' ');
  seen.path = text.substr(first + 1, text.find(' ', first + 1) - first - 1);
  size_t line = text.find("\r\n") + 2;
  while (true) {
    const size_t end = text.find("\r\n", line);
    if (end == std::string::npos || end == line) return seen;
    const size_t colon = text.find(": ", line);
    seen.headers[lower(text.substr(line, colon - line))] = text.substr(colon + 2, end - colon - 2);
    line = end + 2;
  }
}

}  // namespace

std::string Seen::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

TestServer::TestServer(Handler handler) : handler_(std::move(handler)) {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* general = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listening_, general, length) != 0 || ::listen(listening_, 16) != 0 ||
      ::getsockname(listening_, general, &length) != 0)
    throw std::runtime_error("no port for the test server");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

TestServer::~TestServer() {
  const uint64_t one = 1;
  if (::write(stop_, &one, sizeof(one)) == sizeof(one)) thread_.join();
  ::close(listening_);
  ::close(stop_);
}

std::string TestServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<Seen> TestServer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void TestServer::serve() {
  while (wait_for(listening_, stop_, -1)) {
    const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    answer(connection);
    ::close(connection);
  }
}

void TestServer::answer(int connection) {
  std::string text;
  char buffer[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    if (!wait_for(connection, stop_, 5000)) return;
    const ssize_t count = ::recv(connection, buffer, sizeof(buffer), 0);
    if (count <= 0) return;
    text.append(buffer, static_cast<size_t>(count));
  }
  const Seen seen = parse(text);
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(seen);
  }
  send(connection, handler_(seen));
}

void TestServer::send(int connection, const Answer& answer) {
  std::string head = fmt::format("HTTP/1.1 {} As-Told\r\nConnection: close\r\n", answer.status);
  bool has_length = false;
  for (const auto& [name, value] : answer.headers) {
    head += fmt::format("{}: {}\r\n", name, value);
    has_length |= lower(name) == "content-length";
  }
  if (answer.with_length && !has_length)
    head += fmt::format("Content-Length: {}\r\n", answer.body.size());
  if (!send_all(connection, head + "\r\n")) return;
  const size_t end = std::min(answer.break_after.value_or(answer.body.size()), answer.body.size());
  if (answer.pause == 0) {
    send_all(connection, std::string_view(answer.body).substr(0, end));
  } else {
    for (size_t k = 0; k < end; ++k) {
      // Only the client going away can be read now.
      if (wait_for(connection, stop_, static_cast<int>(answer.pause * 1000))) return;
      if (!send_all(connection, std::string_view(answer.body).substr(k, 1))) return;
    }
  }
  ::shutdown(connection, SHUT_WR);
}

Answer serve_file(const Seen& request, const std::string& content, const std::string& etag) {
  Answer answer{
      .status = 200, .headers = {{"ETag", etag}, {"Accept-Ranges", "bytes"}}, .body = content};
  const std::string range = request.header("range"), condition = request.header("if-range");
  if (range.empty() || (!condition.empty() && condition != etag)) return answer;
  const size_t begin = std::stoull(range.substr(range.find('=') + 1));
  if (begin >= content.size()) {
    return {.status = 416,
            .headers = {{"Content-Range", fmt::format("bytes */{}", content.size())}}};
  }
  answer.status = 206;
  answer.body = content.substr(begin);
  answer.headers.emplace_back(
      "Content-Range", fmt::format("bytes {}-{}/{}", begin, content.size() - 1, content.size()));
  return answer;
}

}  // namespace lienzo::hub
