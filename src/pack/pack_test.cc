#include "pack/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace orbit::pack {
namespace {

namespace fs = std::filesystem;

struct Unpacked {
  std::string type, content, link;
  unsigned mode = 0;
  long uid = 0;
};

// Path → entry, and the order of the paths, as libarchive reads them back.
std::map<std::string, Unpacked> unpack(const std::string& bytes, std::vector<std::string>* order = nullptr) {
  std::map<std::string, Unpacked> entries;
  archive* tar = archive_read_new();
  archive_read_support_format_tar(tar);
  EXPECT_EQ(archive_read_open_memory(tar, bytes.data(), bytes.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(tar, &entry) == ARCHIVE_OK) {
    std::string path = archive_entry_pathname(entry);
    if (path.ends_with('/')) path.pop_back();
    if (order != nullptr) order->push_back(path);
    Unpacked& out = entries[path];
    const auto type = archive_entry_filetype(entry);
    out.type = type == AE_IFDIR ? "folder" : type == AE_IFLNK ? "link" : "file";
    out.mode = archive_entry_perm(entry);
    out.uid = archive_entry_uid(entry);
    if (const char* target = archive_entry_symlink(entry)) out.link = target;
    char buffer[4096];
    la_ssize_t got = 0;
    while ((got = archive_read_data(tar, buffer, sizeof buffer)) > 0)
      out.content.append(buffer, static_cast<std::size_t>(got));
  }
  archive_read_free(tar);
  return entries;
}

class PackTest : public ::testing::Test {
 protected:
  PackTest() {
    std::string pattern = (fs::temp_directory_path() / "orbit-pack-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~PackTest() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  Result<std::string> pack(ContextOptions options = {}) {
    std::string out;
    const Status packed = packContext(root_.string(), options, [&](std::string_view bytes) -> Status {
      out += bytes;
      return {};
    });
    if (!packed.ok()) return packed.error();
    return out;
  }
  fs::path root_;
};

TEST_F(PackTest, SortedReproducibleAndOwnedByRoot) {
  write("Dockerfile", "FROM scratch\n");
  write("b/two", "2");
  write("a.txt", "1");
  fs::permissions(root_ / "a.txt", fs::perms(0751));
  const auto first = pack(), second = pack();
  ASSERT_TRUE(first.ok()) << first.error().text();
  EXPECT_EQ(*first, *second);
  std::vector<std::string> order;
  const auto entries = unpack(*first, &order);
  EXPECT_EQ(order, (std::vector<std::string>{"Dockerfile", "a.txt", "b", "b/two"}));
  EXPECT_EQ(entries.at("a.txt").content, "1");
  EXPECT_EQ(entries.at("a.txt").mode, 0751u);
  EXPECT_EQ(entries.at("a.txt").uid, 0);
  EXPECT_EQ(entries.at("b").type, "folder");
}

TEST_F(PackTest, IgnoreRulesButNeverTheDockerfile) {
  write("Dockerfile", "FROM scratch\n");
  write(".dockerignore", "*\n!src\nsrc/*.log\n");
  write("src/main.c", "int main;");
  write("src/x.log", "noise");
  write("secret", "no");
  const auto packed = pack();
  ASSERT_TRUE(packed.ok()) << packed.error().text();
  std::vector<std::string> order;
  unpack(*packed, &order);
  EXPECT_EQ(order, (std::vector<std::string>{".dockerignore", "Dockerfile", "src", "src/main.c"}));
}

TEST_F(PackTest, DockerfileOfItsOwnNameAndItsOwnRules) {
  write("docker/app.Dockerfile", "FROM scratch\n");
  write("docker/app.Dockerfile.dockerignore", "docker\nb\n");
  write(".dockerignore", "a\n");
  write("a", "1");
  write("b", "2");
  const auto packed = pack({"./docker/app.Dockerfile", ""});
  ASSERT_TRUE(packed.ok()) << packed.error().text();
  const auto entries = unpack(*packed);
  EXPECT_TRUE(entries.contains("a"));
  EXPECT_FALSE(entries.contains("b"));
  EXPECT_TRUE(entries.contains("docker/app.Dockerfile"));
}

TEST_F(PackTest, InlineDockerfileTakesThePlaceOfTheFile) {
  write("Dockerfile", "FROM other\n");
  const auto packed = pack({"Dockerfile", "FROM scratch\nCOPY . /\n"});
  ASSERT_TRUE(packed.ok()) << packed.error().text();
  std::vector<std::string> order;
  const auto entries = unpack(*packed, &order);
  EXPECT_EQ(order.size(), 1u);
  EXPECT_EQ(entries.at("Dockerfile").content, "FROM scratch\nCOPY . /\n");
}

TEST_F(PackTest, LinksStayLinksAndSocketsAreLeftOut) {
  write("Dockerfile", "FROM scratch\n");
  fs::create_symlink("../outside", root_ / "link");
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  const auto packed = pack();
  ASSERT_TRUE(packed.ok()) << packed.error().text();
  const auto entries = unpack(*packed);
  EXPECT_EQ(entries.at("link").link, "../outside");
  EXPECT_FALSE(entries.contains("pipe"));
}

TEST_F(PackTest, LongAndForeignNamesAndLargeFiles) {
  write("Dockerfile", "FROM scratch\n");
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "folder-with-a-long-name-" + std::to_string(i) + "/";
  write(deep + "file", "deep");
  write("Grüße-世界.txt", "utf8");
  write(std::string("latin-\xe9.txt"), "bytes");
  std::string large(3u << 20, 'x');
  large[1234567] = 'y';
  write("large", large);
  const auto packed = pack();
  ASSERT_TRUE(packed.ok()) << packed.error().text();
  const auto entries = unpack(*packed);
  EXPECT_EQ(entries.at(deep + "file").content, "deep");
  EXPECT_EQ(entries.at("Grüße-世界.txt").content, "utf8");
  EXPECT_EQ(entries.at("latin-\xe9.txt").content, "bytes");
  EXPECT_EQ(entries.at("large").content, large);
}

TEST_F(PackTest, NamesAndTargetsOfEachLength) {
  write("Dockerfile", "FROM scratch\n");
  std::vector<std::string> paths;
  for (std::size_t size = 90; size < 270; ++size) {
    // Pieces of many lengths, so that there is a '/' in the right place for some and for others not.
    std::string path = std::to_string(size) + "-";
    while (path.size() < size) path += path.size() % (size / 2) == size / 3 ? '/' : 'n';
    if (path.ends_with('/')) path.back() = 'n';
    write(path, path);
    fs::create_symlink(path, root_ / ("link" + std::to_string(size)));
    fs::create_directory(root_ / (path + "-folder"));
    paths.push_back(path);
  }
  const auto packed = pack();
  ASSERT_TRUE(packed.ok()) << packed.error().text();
  EXPECT_EQ(packed->size() % 512, 0U);
  const auto entries = unpack(*packed);
  for (const std::string& path : paths) {
    ASSERT_TRUE(entries.contains(path)) << path;
    EXPECT_EQ(entries.at(path).content, path);
    EXPECT_EQ(entries.at(path + "-folder").type, "folder");
    EXPECT_EQ(entries.at("link" + std::to_string(path.size())).link, path);
  }
}

TEST_F(PackTest, PiecesAreBoundedWhateverTheFilesSize) {
  write("Dockerfile", "FROM scratch\n");
  write("large", std::string(8u << 20, 'x'));
  std::size_t most = 0;
  const Status packed = packContext(root_.string(), {}, [&](std::string_view bytes) -> Status {
    most = std::max(most, bytes.size());
    return {};
  });
  ASSERT_TRUE(packed.ok()) << packed.error().text();
  EXPECT_LE(most, 256u << 10);
}

TEST_F(PackTest, ErrorsNameThePath) {
  const auto nothing = pack();
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().code, Code::kNotFound);
  EXPECT_NE(nothing.error().message.find("Dockerfile"), std::string::npos);
  write("Dockerfile", "FROM scratch\n");
  write(".dockerignore", "[a-\n");
  const auto rules = pack();
  ASSERT_FALSE(rules.ok());
  EXPECT_EQ(rules.error().code, Code::kInvalid);
  EXPECT_NE(rules.error().at.file.find(".dockerignore"), std::string::npos);
}

TEST_F(PackTest, AnUnreadableFileIsDeniedByName) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  write("Dockerfile", "FROM scratch\n");
  write("key.pem", "x");
  fs::permissions(root_ / "key.pem", fs::perms(0));
  const auto packed = pack();
  ASSERT_FALSE(packed.ok());
  EXPECT_EQ(packed.error().code, Code::kDenied);
  EXPECT_NE(packed.error().message.find("key.pem"), std::string::npos);
}

TEST_F(PackTest, TheSinksErrorIsTheResult) {
  write("Dockerfile", "FROM scratch\n");
  const Status packed = packContext(root_.string(), {}, [](std::string_view) -> Status {
    return Error{Code::kNoSpace, "full"};
  });
  ASSERT_FALSE(packed.ok());
  EXPECT_EQ(packed.error().code, Code::kNoSpace);
}

// docker 20.10 looks at the first two blocks only and takes an archive that begins with a pax header for a Dockerfile.
TEST(PackFile, APlainNameHasAPlainHeader) {
  const auto packed = packFile("Dockerfile", "FROM scratch\n", 0644, 0, 0);
  ASSERT_TRUE(packed.ok());
  EXPECT_TRUE(packed->starts_with("Dockerfile"));
}

TEST(PackFile, AnOwnerThatUstarHasNoRoomFor) {
  const auto packed = packFile("file", "x", 0644, 2'097'152, 0);
  ASSERT_TRUE(packed.ok());
  EXPECT_EQ(unpack(*packed).at("file").uid, 2'097'152);
  const auto largest = packFile("file", "x", 0644, 2'097'151, 0);
  EXPECT_TRUE(largest->starts_with("file"));
  EXPECT_EQ(unpack(*largest).at("file").uid, 2'097'151);
}

TEST(PackFile, OneFileWithItsOwner) {
  const auto packed = packFile("run/secrets/password", "s3cret", 0400, 999, 998);
  ASSERT_TRUE(packed.ok());
  const auto entries = unpack(*packed);
  EXPECT_EQ(entries.at("run/secrets/password").content, "s3cret");
  EXPECT_EQ(entries.at("run/secrets/password").mode, 0400u);
  EXPECT_EQ(entries.at("run/secrets/password").uid, 999);
}

TEST_F(PackTest, AFileIsAddedToAnArchive) {
  write("Dockerfile", "FROM x\n");
  write("a", std::string(1000, '\0'));
  write("folder/.env", "A=file\n");
  std::string bytes;
  ASSERT_TRUE(packContext(root_.string(), {}, [&](std::string_view piece) -> Status {
                bytes += piece;
                return {};
              }).ok());
  write("context.tar", bytes);
  const std::string path = (root_ / "context.tar").string();
  ASSERT_TRUE(addToArchive(path, ".env.production.local", "A=1\n").ok());
  ASSERT_TRUE(addToArchive(path, "folder/.env", "A=added\n").ok());
  std::ifstream in(path, std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  auto entries = unpack(all);
  EXPECT_EQ(entries.at(".env.production.local").content, "A=1\n");
  EXPECT_TRUE(entries.at("folder/.env").content.ends_with("A=added\n"));
  EXPECT_EQ(entries.at("a").content.size(), 1000u);
  write("broken.tar", bytes.substr(0, 700));
  EXPECT_EQ(addToArchive((root_ / "broken.tar").string(), "x", "").error().code, Code::kInvalid);
  EXPECT_EQ(addToArchive((root_ / "none.tar").string(), "x", "").error().code, Code::kIo);
}

}  // namespace
}  // namespace orbit::pack
