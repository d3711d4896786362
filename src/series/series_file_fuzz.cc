// Whatever stands in a folder of series: it is read, or told as damage; nothing else. The input is cut in two: a file
// of minutes, and "progress".
#include "series/series.h"

namespace {

using namespace orbit;

class Bytes final : public series::Disk {
 public:
  explicit Bytes(std::string_view input) {
    const std::size_t cut = input.empty() ? 0 : static_cast<unsigned char>(input.front()) * input.size() / 256;
    minutes = input.substr(0, cut);
    progress = input.substr(cut);
  }
  Result<std::vector<File>> list() const override {
    return std::vector<File>{{kMinutes, minutes.size()}, {"progress", progress.size()}};
  }
  Result<std::string> read(const std::string& name, std::uint64_t offset, std::uint64_t size) const override {
    const std::string& file = name == kMinutes ? minutes : progress;
    return offset >= file.size() ? std::string() : file.substr(offset, size);
  }
  Status write(const std::string&, std::uint64_t, std::string_view) override { return {}; }
  Status sync(const std::string&) override { return {}; }
  Status replace(const std::string&, std::string_view) override { return {}; }
  Status remove(const std::string&) override { return {}; }

 private:
  static constexpr const char* kMinutes = "minutes-2026112806.series";
  std::string minutes, progress;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  setLogLevel(Level::kError);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // The formats by themselves: checksums would keep most inputs from them.
  static_cast<void>(series::unpackSpan(input));
  static_cast<void>(series::unpackMark(input));
  static_cast<void>(series::uncompress(input));
  Bytes disk(input);
  series::Recorder recorder(disk);
  constexpr std::int64_t kFromUs = 1'795'000'000'000'000;
  series::Question question{0, kFromUs, 0, [](const series::Key& key, series::Key& name) {
                              name = key;
                              return true;
                            }};
  static_cast<void>(series::answer(disk, recorder.reading(question, kFromUs)));
  recorder.tick(kFromUs, Instant(std::chrono::hours(1)));
  recorder.done(series::run(disk, recorder.actions()));
  return 0;
}
