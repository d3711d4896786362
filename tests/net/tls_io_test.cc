// TLS against a server of OpenSSL's, with an authority and certificates made on the spot.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "net/net.h"

namespace orbit::net {
namespace {

using namespace std::chrono_literals;

struct Identity {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
};

// A certificate for `name` at 127.0.0.1, signed by `authority` (itself when null), good for `seconds` from now on.
Identity makeIdentity(const char* name, const Identity* authority, long seconds = 3600) {
  Identity made{EVP_EC_gen("P-256"), X509_new()};
  X509* x = made.certificate;
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), authority == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(x), -7200);
  X509_gmtime_adj(X509_getm_notAfter(x), seconds);
  X509_NAME* subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(x, authority == nullptr ? subject : X509_get_subject_name(authority->certificate));
  X509_set_pubkey(x, made.key);
  const auto extend = [x](int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  };
  extend(NID_basic_constraints, authority == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  extend(NID_subject_alt_name, "IP:127.0.0.1");
  X509_sign(x, authority == nullptr ? made.key : authority->key, EVP_sha256());
  return made;
}

class TlsIo : public testing::Test {
 protected:
  TlsIo() {
    folder_ = "/tmp/orbit-tls-XXXXXX";
    ORBIT_CHECK(mkdtemp(folder_.data()) != nullptr);
    authority_ = makeIdentity("authority", nullptr);
    server_ = makeIdentity("server", &authority_);
    client_ = makeIdentity("client", &authority_);
    write("ca.pem", authority_);
    write("cert.pem", client_);
    listener_ = std::move(Listener::tcp(loop_, "127.0.0.1", 0)).value();
  }
  ~TlsIo() override {
    if (thread_.joinable()) thread_.join();
    for (const Identity& identity : {authority_, server_, client_, signer_}) {
      EVP_PKEY_free(identity.key);
      X509_free(identity.certificate);
    }
    std::filesystem::remove_all(folder_);
  }

  // In place of what the server shows.
  void show(Identity& place, const char* name, const Identity* authority, long seconds) {
    EVP_PKEY_free(place.key);
    X509_free(place.certificate);
    place = makeIdentity(name, authority, seconds);
  }

  Tls anybody() const {
    Tls tls{"", folder_ + "/cert.pem", folder_ + "/cert.pem.key"};
    tls.anyAuthority = true;
    return tls;
  }

  void write(const std::string& name, const Identity& identity) {
    FILE* file = std::fopen((folder_ + "/" + name).c_str(), "w");
    PEM_write_X509(file, identity.certificate);
    std::fclose(file);
    file = std::fopen((folder_ + "/" + name + ".key").c_str(), "w");
    PEM_write_PrivateKey(file, identity.key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

  // Serves one connection on a thread: echoes until the end. Demands a client certificate of our authority.
  void serveOne() {
    const int listener = ::dup(listener_->descriptor());
    thread_ = std::thread([this, listener] {
      SSL_CTX* context = SSL_CTX_new(TLS_server_method());
      SSL_CTX_use_certificate(context, server_.certificate);
      SSL_CTX_use_PrivateKey(context, server_.key);
      SSL_CTX_add1_chain_cert(context, signer_.certificate == nullptr ? authority_.certificate : signer_.certificate);
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority_.certificate);
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      int connection = -1;
      while (connection < 0) connection = ::accept(listener, nullptr, nullptr);  // shared with the loop: does not block
      SSL* session = SSL_new(context);
      SSL_set_fd(session, connection);
      if (SSL_accept(session) == 1) {
        char buffer[4096];
        for (;;) {
          const int count = SSL_read(session, buffer, sizeof buffer);
          if (count <= 0) break;
          SSL_write(session, buffer, count);
        }
        SSL_shutdown(session);
      }
      SSL_free(session);
      SSL_CTX_free(context);
      ::close(connection);
      ::close(listener);
    });
  }

  Task<std::string> talk(Tls tls, std::size_t bytes) {
    Address address = Address::tcp("127.0.0.1", listener_->port());
    address.tls = std::make_shared<Tls>(std::move(tls));
    const Wait wait{loop_.clock().now() + 20s, nullptr};
    auto stream = co_await connect(loop_, address, wait);
    if (!stream.ok()) co_return std::string(codeName(stream.error().code));
    TaskGroup group(loop_);
    auto send = [](Stream& to, std::string text, Wait until) -> Task<void> {
      const Status written = co_await to.write(text, until);
      EXPECT_TRUE(written.ok());
      EXPECT_TRUE(to.shutdownWrite().ok());
    };
    group.add(send(**stream, std::string(bytes, 'x'), wait));
    std::size_t got = 0;
    std::string buffer(4096, '\0');
    for (;;) {
      const auto count = co_await (*stream)->read(buffer, wait);
      if (!count.ok()) co_return std::string(codeName(count.error().code));
      if (*count == 0) co_return std::to_string(got);
      got += *count;
    }
  }

  Loop loop_;
  std::string folder_;
  Identity authority_, server_, client_;
  Identity signer_;  // of what the server shows, when it is not the authority
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

TEST_F(TlsIo, BothSidesShowCertificatesAndBytesFlowBothWays) {
  serveOne();
  Tls tls{folder_ + "/ca.pem", folder_ + "/cert.pem", folder_ + "/cert.pem.key"};
  EXPECT_EQ(loop_.runTask(talk(std::move(tls), 300'000)), "300000");
}

TEST_F(TlsIo, AnUnknownAuthorityIsDenied) {
  const Identity other = makeIdentity("other", nullptr);
  write("other.pem", other);
  EVP_PKEY_free(other.key);
  X509_free(other.certificate);
  serveOne();
  Tls tls{folder_ + "/other.pem", "", ""};
  EXPECT_EQ(loop_.runTask(talk(std::move(tls), 1)), "denied");
}

TEST_F(TlsIo, WithAnyAuthorityAnUnknownOneWillDoAlsoOneThatIsOver) {
  show(signer_, "signer", nullptr, -3600);
  show(server_, "server", &signer_, 3600);
  serveOne();
  EXPECT_EQ(loop_.runTask(talk(anybody(), 1)), "1");
}

TEST_F(TlsIo, WithAnyAuthorityTheCertificatesOwnTimeCounts) {
  show(server_, "server", &authority_, -3600);
  serveOne();
  EXPECT_EQ(loop_.runTask(talk(anybody(), 1)), "denied");
}

TEST_F(TlsIo, AMissingFileIsNamed) {
  Tls tls{folder_ + "/none.pem", "", ""};
  // The connection is made first; it waits in the queue and is dropped.
  EXPECT_EQ(loop_.runTask(talk(std::move(tls), 1)), "invalid");
}

}  // namespace
}  // namespace orbit::net
