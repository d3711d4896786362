// HTTP/2 with a client (RFC 9113): each stream an Exchange, all that is ready leaves in one piece at the turn's end.
// Private to edge. Thread rules: the worker's thread.
#pragma once
#include <vector>

#include "edge/client/protocol.h"
#include "http/http.h"

namespace orbit::edge {

class Http2Client final : public ClientProtocol, private http::H2Server::Events {
 public:
  explicit Http2Client(ClientLink& link);
  ~Http2Client() override;

  void onBytes(std::string_view bytes) override;
  void onEnd() override;
  void onGone() override;
  bool fill(std::string& out, std::size_t bytesMax) override;
  void onTaken(std::size_t left) override;
  void onDeadline() override;
  void onDrain() override;

 private:
  class Stream;
  // Its answer is in the connection's output, up to this byte of all that was ever put there.
  struct Leaving {
    Stream* stream;
    std::uint64_t end;
  };
  enum class Drain : std::uint8_t { kNo, kNoticed, kLast };

  // H2Server::Events
  void onRequest(std::int32_t id, http::RequestIndex& head, bool end) override;
  void onBody(std::int32_t id, std::string_view bytes) override;
  void onRequestEnd(std::int32_t id, std::string_view trailerLines) override;
  void onRefused(const http::RequestIndex& head, int status) override;
  void onReset(std::int32_t id, std::uint32_t code) override;
  void onWritable(std::int32_t id) override;
  void onSent(std::int32_t id) override;

  Stream* find(std::int32_t id) const;
  Stream* takeOut(std::int32_t id);  // of the open ones
  Stream& newStream(std::int32_t id);
  void recycle(Stream& stream);
  std::size_t queueFor(std::int32_t id, std::string_view bytes, bool& full);
  void wakeFull();
  void endAll();
  void close();
  void move();  // the deadline, by what the connection is at
  void endStalled();

  ClientLink& link_;
  const std::unique_ptr<http::H2Server> server_;
  std::vector<Stream*> open_;  // by id, which only grow
  std::vector<Leaving> leaving_;
  std::vector<std::unique_ptr<Stream>> all_;
  std::vector<Stream*> free_;
  std::uint64_t given_ = 0;  // bytes put into the connection's output, ever
  bool anyFull_ = false;
  bool heard_ = false;  // bytes came since the last look
  bool busy_ = false;   // the deadline is one for open streams
  bool closing_ = false;
  Drain drain_ = Drain::kNo;
};

}  // namespace orbit::edge
