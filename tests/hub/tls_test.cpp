// A server whose certificate nobody vouches for.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "../base/expect_error.h"
#include "fake_hub.h"

namespace lienzo::hub {
namespace {

/// Offers one TLS connection on the loopback interface, with a certificate that it signed itself.
class SelfSignedServer {
 public:
  /// `received` gets what a client sends after the handshake, once the server is at its end.
  explicit SelfSignedServer(std::string& received)
      : received_(received), context_(SSL_CTX_new(TLS_server_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // the client goes away in the middle
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto* host = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_free(certificate);
    EVP_PKEY_free(key);

    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* general = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listening_, general, length), 0);
    EXPECT_EQ(::listen(listening_, 1), 0);
    EXPECT_EQ(::getsockname(listening_, general, &length), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~SelfSignedServer() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
    SSL_CTX_free(context_);
  }

  std::string url() const { return fmt::format("https://localhost:{}/f", port_); }

 private:
  void serve() {
    const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, connection);
    char buffer[1000];
    if (SSL_accept(tls) == 1) {
      const int count = SSL_read(tls, buffer, sizeof(buffer));
      if (count > 0) received_.assign(buffer, static_cast<size_t>(count));
    }
    SSL_free(tls);
    ::close(connection);
  }

  std::string& received_;
  SSL_CTX* context_;
  int listening_ = -1;
  int port_ = 0;
  std::thread thread_;
};

TEST(Tls, ACertificateThatNobodyVouchesForIsRefused) {
  std::string received;
  {
    const SelfSignedServer server(received);
    HttpSession session;
    expect_error(
        ErrorKind::kIo,
        [&] {
          get_text(session, {.url = server.url(), .token = "hf_secret"}, 1000, "", kQuick, {});
        },
        "the certificate of localhost:",
        "cannot be trusted",
        "ca-certificates");
  }
  EXPECT_EQ(received, "");
}

}  // namespace
}  // namespace lienzo::hub
