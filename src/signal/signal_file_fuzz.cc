// A reader on a damaged or hostile file: opens, reads what it can, crashes never. The input is a list of patches (four
// bytes of place, one of size, then that many bytes) on a good file, and at last where the file is cut.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "signal/signal.h"

namespace {

using namespace orbit;

std::string goodFile() {
  signal::WriterOptions options;
  options.path = "/tmp/orbit-reader-fuzz-" + std::to_string(getpid());
  options.workers = 2;
  options.seriesMax = 16;
  options.histogramsMax = 2;
  options.ringCells = 512;
  auto writer = signal::Writer::create(options).value();
  for (unsigned worker = 0; worker < 2; ++worker) {
    for (std::uint32_t at = 0; at < 12; ++at) {
      signal::WorkerWriter& to = writer->worker(worker);
      const signal::SeriesId id = to.series({signal::Key::Kind::kAttempt, "r", "s", std::to_string(at % 4), ""});
      signal::Sample sample;
      sample.status = 200;
      sample.latencyUs = 100 * at;
      to.count(id, sample);
      signal::Record record;
      record.series = id;
      record.method = "GET";
      record.path = "/path";
      record.logged = at % 2 == 0;
      to.record(record);
    }
  }
  std::string bytes(1 << 20, '\0');
  const int file = open(options.path.c_str(), O_RDONLY);
  const ssize_t size = read(file, bytes.data(), bytes.size());
  close(file);
  unlink(options.path.c_str());
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

void patch(int file, const std::uint8_t*& data, std::size_t& left, std::size_t fileBytes) {
  std::uint32_t place = 0;
  std::memcpy(&place, data, 4);
  const std::size_t size = std::min<std::size_t>(data[4], left - 5);
  if (pwrite(file, data + 5, size, static_cast<off_t>(place % fileBytes)) < 0) abort();
  data += 5 + size;
  left -= 5 + size;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string good = goodFile();
  static const std::string path = "/dev/shm/orbit-signal-fuzz-" + std::to_string(getpid());
  static const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (ftruncate(file, 0) != 0 || pwrite(file, good.data(), good.size(), 0) < 0) abort();
  const auto before = signal::Reader::open(path, true);  // a good file that goes bad under its reader
  for (int patches = 0; size > 5 && patches < 16; ++patches) patch(file, data, size, good.size());
  if (size >= 3) {
    const std::size_t end = (data[0] | std::size_t{data[1]} << 8U | std::size_t{data[2]} << 16U) % (good.size() + 1);
    if (ftruncate(file, static_cast<off_t>(end)) != 0) abort();
  }
  const auto after = signal::Reader::open(path, true);
  std::string texts;
  for (const auto* reader : {&before, &after}) {
    if (!reader->ok()) continue;
    for (int turn = 0; turn < 2; ++turn) {
      (*reader).value()->snapshot();
      std::uint64_t sum = 0;
      for (const auto& seen : (*reader).value()->records(100, texts)) {
        for (const char c : seen.record.path) sum += static_cast<unsigned char>(c);
        for (const char c : seen.record.userAgent) sum += static_cast<unsigned char>(c);
        sum += seen.key.route.size();
      }
      for (unsigned worker = 0; worker < (*reader).value()->workers(); ++worker) {
        const auto logged = (*reader).value()->takeLog(worker, turn == 0 ? 2 : 0, texts);
        for (const auto& line : logged.lines) {
          for (const char c : line.path) sum += static_cast<unsigned char>(c);
          sum += line.service.size() + line.instance.size();
        }
      }
      if (sum == ~0ULL) abort();
    }
  }
  return 0;
}
