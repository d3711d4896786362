#include "net/wire_bio.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

#include "base/result.h"

namespace orbit::net {
namespace {

Wire& wireOf(BIO* bio) {
  return *static_cast<Wire*>(BIO_get_data(bio));
}

int readWire(BIO* bio, char* into, std::size_t size, std::size_t* count) {
  Wire& wire = wireOf(bio);
  *count = std::min(size, wire.in.size());
  if (*count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  BIO_clear_retry_flags(bio);
  std::memcpy(into, wire.in.data(), *count);
  wire.in.remove_prefix(*count);
  return 1;
}

int writeWire(BIO* bio, const char* bytes, std::size_t size, std::size_t* count) {
  Wire& wire = wireOf(bio);
  ORBIT_CHECK(wire.out != nullptr);
  wire.out->append(bytes, size);
  *count = size;
  return 1;
}

long controlWire(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* wireMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "orbit wire");
    ORBIT_CHECK(made != nullptr);
    BIO_meth_set_read_ex(made, readWire);
    BIO_meth_set_write_ex(made, writeWire);
    BIO_meth_set_ctrl(made, controlWire);
    return made;
  }();
  return method;
}

}  // namespace

bio_st* newWireBio(Wire& wire) {
  BIO* bio = BIO_new(wireMethod());
  ORBIT_CHECK(bio != nullptr);
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace orbit::net
