#include "http/core/h2_stream.h"

#include <utility>

namespace orbit::http {
namespace {

constexpr std::size_t kFreeMax = 16;
constexpr std::size_t kKeptBytes = 16 * 1024;  // of a queue that is used again

void freeAll(H2Stream* stream) {
  while (stream != nullptr) delete std::exchange(stream, stream->next);
}

}  // namespace

H2Streams::~H2Streams() {
  freeAll(used_);
  freeAll(free_);
}

H2Stream& H2Streams::add(std::int32_t id) {
  H2Stream* stream = free_;
  if (stream == nullptr) {
    stream = new H2Stream;
  } else {
    free_ = stream->next;
    --freeCount_;
  }
  stream->id = id;
  stream->next = used_;
  if (used_ != nullptr) used_->previous = stream;
  used_ = stream;
  return *stream;
}

void H2Streams::remove(H2Stream& stream) {
  if (stream.previous != nullptr) stream.previous->next = stream.next;
  if (stream.next != nullptr) stream.next->previous = stream.previous;
  if (used_ == &stream) used_ = stream.next;
  if (freeCount_ == kFreeMax) {
    delete &stream;
    return;
  }
  std::string queue = std::move(stream.queue);
  queue.clear();
  if (queue.capacity() > kKeptBytes) std::string().swap(queue);
  stream = H2Stream{};
  stream.queue = std::move(queue);
  stream.next = free_;
  free_ = &stream;
  ++freeCount_;
}

}  // namespace orbit::http
