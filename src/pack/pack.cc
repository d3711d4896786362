#include "pack/pack.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "format/format.h"
#include "pack/tar_writer.h"

namespace orbit::pack {
namespace {

constexpr int kDepthMax = 100;
constexpr std::size_t kEntriesMax = 1'000'000;
constexpr std::size_t kIgnoreBytesMax = 1u << 20;
constexpr std::size_t kChunkBytes = 256u << 10;

Error failure(const std::string& path, int code) {
  const std::string why = std::strerror(code);
  switch (code) {
    case ENOENT:
      return Error{Code::kNotFound, path + " does not exist"};
    case EACCES:
    case EPERM:
      return Error{Code::kDenied, path + " cannot be read: " + why,
                   "make it readable for you, or leave it out by a line in .dockerignore"};
    default:
      return Error{Code::kIo, path + " cannot be read: " + why};
  }
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

Result<std::string> readText(const std::string& path, std::size_t bytesMax) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.value() < 0) return failure(path, errno);
  std::string text(bytesMax + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.value(), text.data() + size, text.size() - size);
    if (got < 0) return failure(path, errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytesMax) return Error{Code::kLimit, path + " is larger than " + std::to_string(bytesMax) + " bytes"};
  text.resize(size);
  return text;
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

// "./docker/../Dockerfile" → "Dockerfile"; a path that leaves the folder keeps its "..".
std::string normalPath(std::string_view path) {
  std::vector<std::string> parts;
  for (auto part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else {
      parts.emplace_back(part);
    }
  }
  return join(parts, "/");
}

class ContextPacker {
 public:
  ContextPacker(const std::string& root, std::string dockerfile, const std::string& inlineText, const Sink& sink)
      : root_(root), dockerfile_(std::move(dockerfile)), inline_(inlineText), tar_(sink) {}

  Status pack() {
    ORBIT_TRY_STATUS(loadRules());
    if (inline_.empty() && !exists(root_ + "/" + dockerfile_)) {
      return Error{Code::kNotFound, "there is no " + dockerfile_ + " in " + root_,
                   "name the Dockerfile with `build.dockerfile`, or create it"};
    }
    ORBIT_TRY_STATUS(folder("", 0));
    if (!inline_.empty()) {
      ORBIT_TRY_STATUS(tar_.file({dockerfile_, 0644, 0, 0, 0}, static_cast<std::int64_t>(inline_.size())));
      ORBIT_TRY_STATUS(tar_.data(inline_));
    }
    return tar_.close();
  }

 private:
  Status loadRules() {
    for (const std::string& name : {dockerfile_ + ".dockerignore", std::string(".dockerignore")}) {
      const std::string path = root_ + "/" + name;
      if (!exists(path)) continue;
      ORBIT_TRY(const std::string text, readText(path, kIgnoreBytesMax));
      ORBIT_TRY(rules_, format::IgnoreRules::parse(text, path));
      return {};
    }
    return {};
  }

  // The builder reads these whatever the rules say.
  bool always(const std::string& path) const {
    return path == dockerfile_ || path == ".dockerignore" || path == dockerfile_ + ".dockerignore";
  }

  Status folder(const std::string& below, int depth) {
    if (depth > kDepthMax) return Error{Code::kLimit, below + " is nested deeper than " + std::to_string(kDepthMax)};
    ORBIT_TRY(const auto names, list(below));
    for (const auto& name : names) {
      ORBIT_TRY_STATUS(entry(below.empty() ? name : below + "/" + name, depth));
    }
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& below) const {
    const std::string path = below.empty() ? root_ : root_ + "/" + below;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), &::closedir);
    if (!dir) return failure(path, errno);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* found = ::readdir(dir.get())) {
      const std::string_view name = found->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      if (names.size() > kEntriesMax) return Error{Code::kLimit, path + " holds too many files"};
    }
    if (errno != 0) return failure(path, errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  Status entry(const std::string& path, int depth) {
    if (!inline_.empty() && path == dockerfile_) return {};
    const bool ignored = rules_.ignores(path) && !always(path);
    const std::string full = root_ + "/" + path;
    struct stat info {};
    if (::lstat(full.c_str(), &info) != 0) {
      // Gone since the folder was listed: as if it had never been there.
      if (ignored || errno == ENOENT) return {};
      return failure(full, errno);
    }
    const TarWriter::Entry head{path, info.st_mode & 07777U, 0, 0, info.st_mtime};
    if (S_ISDIR(info.st_mode)) {
      const bool holdsDockerfile = startsWith(dockerfile_, path + "/");
      if (ignored && !holdsDockerfile && rules_.ignoresAllBelow(path)) return {};
      if (!ignored) {
        ORBIT_TRY_STATUS(count(path));
        ORBIT_TRY_STATUS(tar_.folder(head));
      }
      return folder(path, depth + 1);
    }
    if (ignored) return {};
    ORBIT_TRY_STATUS(count(path));
    if (S_ISLNK(info.st_mode)) return link(head, full);
    if (S_ISREG(info.st_mode)) return file(head, full);
    return {};  // sockets, pipes and devices have no place in a build
  }

  Status count(const std::string& path) {
    if (++entries_ <= kEntriesMax) return {};
    return Error{Code::kLimit,
                 "the build context holds more than " + std::to_string(kEntriesMax) + " files, at " + path,
                 "leave folders such as node_modules out by .dockerignore"};
  }

  Status link(const TarWriter::Entry& head, const std::string& full) {
    std::string target(4096, '\0');
    const ssize_t size = ::readlink(full.c_str(), target.data(), target.size());
    if (size < 0) return failure(full, errno);
    target.resize(static_cast<std::size_t>(size));
    return tar_.link(head, target);
  }

  Status file(const TarWriter::Entry& head, const std::string& full) {
    const Descriptor source(::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat info {};
    if (source.value() < 0 || ::fstat(source.value(), &info) != 0) return failure(full, errno);
    ORBIT_TRY_STATUS(tar_.file(head, info.st_size));
    // A file that grows meanwhile is taken as long as it was; one that shrinks cannot be packed truthfully.
    for (std::int64_t left = info.st_size; left > 0;) {
      const std::size_t want = std::min<std::size_t>(buffer_.size(), static_cast<std::size_t>(left));
      const ssize_t got = ::read(source.value(), buffer_.data(), want);
      if (got < 0) return failure(full, errno);
      if (got == 0)
        return Error{Code::kIo, full + " shrank while it was packed", "try again when nothing writes to it"};
      ORBIT_TRY_STATUS(tar_.data(std::string_view(buffer_.data(), static_cast<std::size_t>(got))));
      left -= got;
    }
    return {};
  }

  const std::string& root_;
  const std::string dockerfile_;
  const std::string& inline_;
  TarWriter tar_;
  format::IgnoreRules rules_;
  std::size_t entries_ = 0;
  std::vector<char> buffer_ = std::vector<char>(kChunkBytes);
};

}  // namespace

Status packContext(const std::string& folder, const ContextOptions& options, const Sink& sink) {
  std::string dockerfile = normalPath(options.dockerfile.empty() ? "Dockerfile" : options.dockerfile);
  return ContextPacker(folder, std::move(dockerfile), options.dockerfileInline, sink).pack();
}

Result<std::string> packFile(const std::string& name, std::string_view content, std::uint32_t mode, int uid, int gid) {
  std::string archive;
  const Sink sink = [&](std::string_view bytes) -> Status {
    archive += bytes;
    return {};
  };
  TarWriter tar(sink);
  ORBIT_TRY_STATUS(tar.file({name, mode, uid, gid, 0}, static_cast<std::int64_t>(content.size())));
  ORBIT_TRY_STATUS(tar.data(content));
  ORBIT_TRY_STATUS(tar.close());
  return archive;
}

}  // namespace orbit::pack
