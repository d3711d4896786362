#include "pack/tar_writer.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

namespace orbit::pack {
namespace {

constexpr int kBlockBytes = 64 << 10;

struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using EntryHandle = std::unique_ptr<archive_entry, FreeEntry>;

EntryHandle header(const TarWriter::Entry& from, unsigned type) {
  EntryHandle entry(archive_entry_new());
  archive_entry_set_pathname(entry.get(), from.path.c_str());
  archive_entry_set_filetype(entry.get(), type);
  archive_entry_set_perm(entry.get(), from.mode & 07777);
  archive_entry_set_uid(entry.get(), from.uid);
  archive_entry_set_gid(entry.get(), from.gid);
  archive_entry_set_mtime(entry.get(), from.modifiedS, 0);
  archive_entry_set_size(entry.get(), 0);
  return entry;
}

}  // namespace

struct TarWriter::State {
  const Sink& sink;
  archive* tar;
  Status refused =
      {};  // the sink's own error; libarchive is not told of it, since it frees nothing after a failed write
  bool abandoned = false;  // nothing more goes to the sink

  static la_ssize_t write(archive*, void* self, const void* bytes, size_t size) {
    auto* state = static_cast<State*>(self);
    if (state->refused.ok() && !state->abandoned) {
      state->refused = state->sink(std::string_view(static_cast<const char*>(bytes), size));
    }
    return static_cast<la_ssize_t>(size);
  }
  Status check(long code) const {
    if (!refused.ok()) return refused.error();
    if (code >= ARCHIVE_WARN) return {};
    const char* text = archive_error_string(tar);
    return Error{Code::kIo, std::string("the archive could not be written: ") + (text == nullptr ? "unknown" : text)};
  }
  Status write(const EntryHandle& entry) const { return check(archive_write_header(tar, entry.get())); }
};

TarWriter::TarWriter(const Sink& sink) : state_(std::make_unique<State>(State{sink, archive_write_new()})) {
  archive_write_set_format_pax_restricted(state_->tar);
  archive_write_set_bytes_per_block(state_->tar, kBlockBytes);
  archive_write_set_bytes_in_last_block(state_->tar, 1);
  archive_write_open2(state_->tar, state_.get(), nullptr, &State::write, nullptr, nullptr);
}

TarWriter::~TarWriter() {
  state_->abandoned = true;
  archive_write_free(state_->tar);
}

Status TarWriter::folder(const Entry& entry) {
  return state_->write(header(entry, AE_IFDIR));
}

Status TarWriter::link(const Entry& entry, const std::string& target) {
  EntryHandle made = header(entry, AE_IFLNK);
  archive_entry_set_symlink(made.get(), target.c_str());
  return state_->write(made);
}

Status TarWriter::file(const Entry& entry, std::int64_t size) {
  EntryHandle made = header(entry, AE_IFREG);
  archive_entry_set_size(made.get(), size);
  return state_->write(made);
}

Status TarWriter::data(std::string_view bytes) {
  const auto written = archive_write_data(state_->tar, bytes.data(), bytes.size());
  ORBIT_TRY_STATUS(state_->check(static_cast<long>(written)));
  if (static_cast<std::size_t>(written) == bytes.size()) return {};
  return Error{Code::kIo, "a file grew while it was packed"};
}

Status TarWriter::close() {
  return state_->check(archive_write_close(state_->tar));
}

}  // namespace orbit::pack
