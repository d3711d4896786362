// What a server sent, read back by the client's side. Thread rules: one thread.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_hd_inflater;

namespace orbit::h2test {

struct Answer {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<int> statuses;  // interim ones first
  std::string body;
  bool ended = false;
};

// Frames the server sent that are neither of an answer nor an error.
struct SentFrame {
  int type = 0, flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
};

class Reader {
 public:
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  // Takes whole frames from the front of `wire`.
  void read(std::string& wire);

  std::map<std::uint32_t, Answer> answered;
  std::map<std::uint32_t, std::uint32_t> rsts;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> goAways;  // last stream, code
  std::vector<SentFrame> frames;                                 // of other types

 private:
  void readFrame(const SentFrame& frame);
  void inflate(Answer& answer, std::string_view block);

  nghttp2_hd_inflater* inflater_ = nullptr;
};

std::string codeText(std::uint32_t code);

}  // namespace orbit::h2test
