#include "base/version.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstring>

namespace orbit {
namespace {

constexpr std::size_t kIdBytes = 6;

std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

// The first bytes of the GNU build id among one segment of notes, in hex; "" when there is none.
std::string idAmongNotes(const char* at, std::size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof note);
    const std::size_t whole = sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
    if (whole > size) break;
    const char* name = at + sizeof note;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0) {
      std::string hex;
      for (std::size_t i = 0; i < std::min<std::size_t>(kIdBytes, note.n_descsz); ++i) {
        hex += fmt::format("{:02x}", static_cast<unsigned char>(name[padded(note.n_namesz) + i]));
      }
      return hex;
    }
    at += whole;
    size -= whole;
  }
  return "";
}

// Called for each loaded object; the program itself comes first, and the walk ends there.
int readOwnNotes(dl_phdr_info* object, std::size_t, void* result) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as integers
    const char* notes = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
    std::string id = idAmongNotes(notes, segment.p_memsz);
    if (!id.empty()) *static_cast<std::string*>(result) = std::move(id);
  }
  return 1;
}

}  // namespace

const std::string& buildVersion() {
  static const std::string version = [] {
    std::string id;
    ::dl_iterate_phdr(readOwnNotes, &id);
    return std::string(ORBIT_VERSION) + (id.empty() ? "" : "+" + id);
  }();
  return version;
}

}  // namespace orbit
