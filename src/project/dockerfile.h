// A Dockerfile's stages, enough to say which of them is built and what programs it can have. It builds nothing.
// Source: https://docs.docker.com/reference/dockerfile/. Thread rules: pure functions, plain values.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orbit::project {

struct Stage {
  int line = 0;       // of its FROM, from 1
  std::string image;  // the base, ARG defaults put in; or the name of an earlier stage
  std::string name;   // after AS, lower case
  struct Copy {
    std::string from;    // --from=
    std::string target;  // where it goes
  };
  std::vector<Copy> copies;            // those with --from
  std::vector<std::string> runs;       // RUN lines, whole
  std::vector<int> exposes;            // TCP ports of EXPOSE
  std::vector<std::string> arguments;  // names of ARG
};

struct Dockerfile {
  std::vector<Stage> stages;
};

// Lines it does not know are skipped: the engine judges a Dockerfile, not we. At most 256 stages.
Dockerfile parseDockerfile(std::string_view text);

// By name, or by number; nullptr when there is none. "" is the last stage.
const Stage* findStage(const Dockerfile& file, std::string_view target);

// Where the stage that is built comes from, itself first: its base stages and last the image.
std::vector<const Stage*> stageChain(const Dockerfile& file, std::string_view target);
// TCP ports that the image will say it listens on, as far as this file tells.
std::vector<int> exposedPorts(const Dockerfile& file, std::string_view target);
// Whether a stage takes this build argument.
bool declaresArgument(const Dockerfile& file, std::string_view name);

struct ProgramAdvice {
  std::string
      message;  // "the last stage (line 17, FROM nginx:alpine) has no npm; stage 0 (line 2, FROM node:20-alpine) does"
  std::string hint;  // "name it (`FROM node:20-alpine AS dev`) and set `build.target: dev`"
};

// For a program that was not found in an image built from this file: which other stage has it. nullopt when none does
// as far as one can tell from the base images' names.
std::optional<ProgramAdvice> adviseOnProgram(std::string_view text, std::string_view target, std::string_view program);

// True when the stage that is built is well enough known to say, before any build, that it has no such program.
bool surelyLacksProgram(std::string_view text, std::string_view target, std::string_view program);

}  // namespace orbit::project
