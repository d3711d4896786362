// Bytes that are no block, or a damaged one, through all that reads them; and a journal's saved open block.
#include "logs/block.h"
#include "logs/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::logs;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(OpenBlock::restore(bytes));
  static_cast<void>(mayHave(bytes, gramsOf("needle-0123456789")));
  const auto head = readHead(bytes);
  if (!head.ok()) return 0;
  const auto part = [&bytes](std::size_t at, std::size_t count) {
    return at > bytes.size() ? std::string_view() : bytes.substr(at, count);
  };
  static_cast<void>(checkPrelude(bytes.substr(0, kHeadBytes), part(kHeadBytes, head->preludeBytes())));
  const auto sources = readSources(part(kHeadBytes, head->sourcesBytes));
  const std::size_t body = kHeadBytes + head->preludeBytes();
  std::string textRoom, linesRoom;
  const auto text = readText(*head, part(body, head->textBytes), textRoom);
  const auto lines = readLines(*head, part(body + head->textBytes, head->linesBytes), linesRoom);
  if (lines.ok()) {
    static_cast<void>(
        decodeLines(*lines, head->count, text.ok() ? text->size() : 100, sources.ok() ? sources->size() : 1));
  }
  // Also without zstd in between, where a mutation rarely gets through.
  static_cast<void>(decodeLines(part(kHeadBytes, size), head->count, head->textRaw, 3));
  return 0;
}
