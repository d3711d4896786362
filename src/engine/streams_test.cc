// The stream readers and what stands around builds and registries: bytes in, values out.
#include <gtest/gtest.h>

#include "engine/build_cli.h"
#include "engine/host.h"
#include "engine/log_reader.h"
#include "engine/registry_auth.h"

namespace orbit::engine {
namespace {

std::string frame(char stream, std::string_view text) {
  std::string out(1, stream);
  out.append(3, '\0');
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>(text.size() >> shift & 0xff);
  return out + std::string(text);
}

// Fed in pieces of one to seven bytes and at once: the same records.
std::string records(bool tty, const std::string& bytes) {
  std::string first;
  for (std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{7}}) {
    LogReader reader(tty);
    std::vector<LogRecord> all;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      auto some = reader.feed(std::string_view(bytes).substr(at, size));
      if (!some.ok()) return some.error().message;
      for (auto& record : *some) all.push_back(std::move(record));
    }
    for (auto& record : reader.finish()) all.push_back(std::move(record));
    std::string text;
    for (const auto& record : all) {
      text += (record.isError ? "E " : "O ") + std::to_string(record.timeUs) + (record.partial ? "+" : "") + " " +
              (record.text.size() > 40 ? std::to_string(record.text.size()) : record.text) + "\n";
    }
    if (first.empty()) first = text;
    EXPECT_EQ(text, first);
  }
  return first;
}

TEST(FrameReader, FramesInAnyPieces) {
  FrameReader reader(false);
  const std::string bytes = frame(1, "out") + frame(2, "") + frame(2, "err");
  std::string seen;
  for (char c : bytes) {
    auto pieces = reader.feed(std::string_view(&c, 1));
    ASSERT_TRUE(pieces.ok());
    for (const auto& piece : *pieces) seen += (piece.isError ? "E:" : "O:") + piece.bytes + " ";
  }
  EXPECT_EQ(seen, "O:out E:err ");
}

TEST(FrameReader, NonsenseIsAProtocolError) {
  EXPECT_EQ(FrameReader(false).feed("HTTP/1.1 200 OK").error().code, Code::kProtocol);
  EXPECT_EQ(FrameReader(false).feed(std::string("\1\0\0\0\x7f\xff\xff\xff", 8)).error().code, Code::kProtocol);
}

TEST(LogReader, TimestampsLinesAndParts) {
  const std::string stamp = "2026-11-24T01:02:10.073714951Z ";
  EXPECT_EQ(records(false, frame(1, stamp + "hello world\n") + frame(2, stamp + "part") + frame(2, stamp + "end\n") +
                               frame(1, stamp + "\n") + frame(1, "no time\n")),
            "O 1795482130073714 hello world\nE 1795482130073714+ part\nE 1795482130073714 end\nO 1795482130073714 \nO "
            "0 no time\n");
}

TEST(LogReader, TerminalsAreUnframedAndCutLinesAreFound) {
  const std::string stamp = "2026-11-24T01:02:10.073714951Z ";
  EXPECT_EQ(records(true, stamp + "one\r\n" + stamp + "two"), "O 1795482130073714 one\nO 1795482130073714 two\n");
  EXPECT_EQ(records(true, stamp + std::string(16 << 10, 'x') + stamp + "rest\r\n"),
            "O 1795482130073714+ 16384\nO 1795482130073714 rest\n");
}

TEST(JsonLines, ObjectsInPieces) {
  JsonLines lines;
  auto none = lines.feed("{\"status\":\"Pul");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
  auto two = lines.feed("ling\"}\r\n\r\n{\"error\":\"x\"}\n");
  ASSERT_TRUE(two.ok());
  ASSERT_EQ(two->size(), 2u);
  EXPECT_EQ((*two)[0]["status"].asString(), "Pulling");
  EXPECT_EQ(lines.feed("nonsense\n").error().code, Code::kProtocol);
  EXPECT_EQ(JsonLines().feed(std::string(2 << 20, 'x')).error().code, Code::kLimit);
}

TEST(Readers, AnyBytesEndInRecordsOrAnError) {
  Random random(4);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (std::uint64_t i = random.below(200); i > 0; --i) {
      bytes += random.chance(0.5) ? static_cast<char>(random.below(4)) : static_cast<char>(random.below(256));
    }
    for (const bool tty : {false, true}) {
      LogReader reader(tty);
      const auto records = reader.feed(bytes);
      EXPECT_TRUE(records.ok() || records.error().code == Code::kProtocol);
      reader.finish();
    }
    JsonLines lines;
    const auto documents = lines.feed(bytes);
    EXPECT_TRUE(documents.ok() || documents.error().code == Code::kProtocol);
  }
}

TEST(BuildClient, WhichVersionsHaveBuildKit) {
  EXPECT_TRUE(hasBuildKit("Docker version 20.10.24+dfsg1, build 297e128"));
  EXPECT_TRUE(hasBuildKit("Docker version 18.09.1, build 1"));
  EXPECT_FALSE(hasBuildKit("Docker version 18.06.3-ce, build 1"));
  EXPECT_FALSE(hasBuildKit("Docker version 28.2.2, build e6534b4"));
  EXPECT_FALSE(hasBuildKit("podman version 4.3.1"));
  EXPECT_EQ(clientCandidates("/a:/usr/bin::"),
            (std::vector<std::string>{"/a/docker", "/usr/bin/docker", "/usr/local/bin/docker"}));
}

TEST(BuildClient, ArgumentValuesAreNotOnTheCommandLine) {
  BuildRequest request;
  request.tag = "app";
  request.dockerfile = "Dockerfile";
  request.target = "dev";
  request.args = {{"TOKEN", "s3cret"}, {"PATH", "/x"}};
  const net::Command command = buildCommand({"/usr/bin/docker", false}, request, "unix:///run/d.sock", {});
  EXPECT_EQ(join(command.arguments, " "),
            "/usr/bin/docker --host unix:///run/d.sock build --progress plain --tag app --file Dockerfile --target dev "
            "--build-arg PATH=/x --build-arg TOKEN -");
  EXPECT_EQ(command.environment.at("TOKEN"), "s3cret");
  EXPECT_FALSE(command.environment.contains("PATH"));
}

TEST(BuildClient, PlainProgressByStep) {
  PlainProgress progress;
  std::string seen;
  for (const auto& line : progress.feed("#5 [2/3] RUN make\n#5 0.312 cc a.c\n#5 DONE 0.4s\n\n#6 sha256:ab 1MB")) {
    seen += line.step + " | " + line.text + "\n";
  }
  for (const auto& line : progress.finish()) seen += line.step + " | " + line.text + "\n";
  EXPECT_EQ(
      seen,
      "[2/3] RUN make | [2/3] RUN make\n[2/3] RUN make | cc a.c\n[2/3] RUN make | DONE 0.4s\n#6 | sha256:ab 1MB\n");
  EXPECT_EQ(progress.tail().size(), 4u);
  EXPECT_TRUE(progress.feed("#4 sha256:b4ec2651f86dd50319a4e32098e6617cd90b93c9ce167c31dd4b05bb8e258e85\n").empty());
}

TEST(BuildClient, FailuresByKind) {
  EXPECT_EQ(buildError("app", {"executor failed running [/bin/sh -c make]: exit code: 2"}).code, Code::kInvalid);
  EXPECT_EQ(buildError("app", {"write /x: no space left on device"}).code, Code::kNoSpace);
  const Error mount =
      buildError("app", {"the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/"});
  EXPECT_EQ(mount.code, Code::kUnsupported);
  EXPECT_NE(mount.hint.find("docker-buildx"), std::string::npos);
}

TEST(Host, Forms) {
  EXPECT_EQ(parseHost({})->address.unixPath, "/var/run/docker.sock");
  EXPECT_TRUE(parseHost({"unix:///tmp/d.sock", false, "", ""})->local);
  const auto tls = parseHost({"tcp://build.example:2376", true, "/certs", ""});
  ASSERT_TRUE(tls.ok());
  EXPECT_EQ(tls->address.port, 2376);
  ASSERT_NE(tls->address.tls, nullptr);
  EXPECT_EQ(tls->address.tls->keyFile, "/certs/key.pem");
  EXPECT_EQ(parseHost({"tcp://h", false, "", ""})->address.port, 2375);
  EXPECT_EQ(parseHost({"ssh://me@h", false, "", ""}).error().code, Code::kUnsupported);
  EXPECT_EQ(parseHost({"nonsense", false, "", ""}).error().code, Code::kInvalid);
}

format::Json config(const char* text) {
  return *format::parseJson(text);
}

TEST(RegistryAuth, WhoseCredentials) {
  EXPECT_EQ(registryOf("redis:7"), "docker.io");
  EXPECT_EQ(registryOf("library/redis"), "docker.io");
  EXPECT_EQ(registryOf("ghcr.io/a/b"), "ghcr.io");
  EXPECT_EQ(registryOf("localhost/a"), "localhost");
  EXPECT_EQ(registryOf("localhost:5000/a"), "localhost:5000");
}

TEST(RegistryAuth, FromTheFileAndFromHelpers) {
  const auto file = config(R"({"auths":{"https://index.docker.io/v1/":{"auth":"bWU6cGFzczp3b3Jk"},
    "https://ghcr.io":{"identitytoken":"tok"},"quay.io":{}},"credHelpers":{"gcr.io":"gcloud"},"credsStore":"desktop"})");
  const auto hub = credentialSource(file, "docker.io");
  EXPECT_EQ(hub.credential.user, "me");
  EXPECT_EQ(hub.credential.password, "pass:word");
  EXPECT_EQ(hub.helper, "desktop");
  EXPECT_EQ(credentialSource(file, "ghcr.io").credential.identityToken, "tok");
  EXPECT_EQ(credentialSource(file, "gcr.io").helper, "gcloud");
  EXPECT_TRUE(credentialSource(config("{}"), "docker.io").credential.empty());
  EXPECT_EQ(parseHelperAnswer(R"({"Username":"<token>","Secret":"t"})", "s").identityToken, "t");
  EXPECT_EQ(parseHelperAnswer(R"({"Username":"u","Secret":"p"})", "s").password, "p");
  EXPECT_TRUE(parseHelperAnswer("credentials not found in native keychain", "s").empty());
  EXPECT_EQ(authHeader({}), "");
  EXPECT_EQ(authHeader({"u", "p", "", "s"}), "eyJzZXJ2ZXJhZGRyZXNzIjoicyIsInVzZXJuYW1lIjoidSIsInBhc3N3b3JkIjoicCJ9");
}

}  // namespace
}  // namespace orbit::engine
