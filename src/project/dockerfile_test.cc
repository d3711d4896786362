#include "project/dockerfile.h"

#include <gtest/gtest.h>

#include "project/project.h"

namespace orbit::project {
namespace {

constexpr std::string_view kFrontend =
    "# frontend/Dockerfile\n"
    "FROM node:20-alpine\n"
    "\n"
    "WORKDIR /app\n"
    "\n"
    "# Install dependencies\n"
    "COPY package*.json ./\n"
    "RUN npm ci\n"
    "\n"
    "# Copy application\n"
    "COPY . .\n"
    "\n"
    "# Build for production\n"
    "RUN npm run build\n"
    "\n"
    "# Serve with nginx (production)\n"
    "FROM nginx:alpine\n"
    "COPY --from=0 /app/dist /usr/share/nginx/html\n"
    "COPY nginx.conf /etc/nginx/conf.d/default.conf\n"
    "EXPOSE 80\n";

TEST(Dockerfile, FindsStagesWithTheirLinesAndArguments) {
  const auto file = parseDockerfile(
      "# escape=\\\n"
      "ARG VERSION=20\n"
      "ARG BASE=\"node:${VERSION}-alpine\"\n"
      "FROM --platform=$BUILDPLATFORM ${BASE} AS Deps\n"
      "RUN npm ci && \\\n"
      "    # a comment in between\n"
      "    npm cache clean\n"
      "from deps as build\n"
      "RUN <<EOF\n"
      "FROM not-a-stage\n"
      "EOF\n"
      "FROM scratch\n"
      "COPY --from=build --chown=1:1 /a /b\n");
  ASSERT_EQ(file.stages.size(), 3u);
  EXPECT_EQ(file.stages[0].image, "node:20-alpine");
  EXPECT_EQ(file.stages[0].name, "deps");
  EXPECT_EQ(file.stages[0].line, 4);
  EXPECT_EQ(file.stages[0].runs.size(), 1u);
  EXPECT_EQ(file.stages[1].image, "deps");
  EXPECT_EQ(file.stages[1].line, 8);
  EXPECT_EQ(file.stages[2].copies.at(0).from, "build");
  EXPECT_EQ(file.stages[2].copies.at(0).target, "/b");
  EXPECT_EQ(findStage(file, "BUILD"), &file.stages[1]);
  EXPECT_EQ(findStage(file, "0"), &file.stages[0]);
  EXPECT_EQ(findStage(file, ""), &file.stages[2]);
  EXPECT_EQ(findStage(file, "dev"), nullptr);
}

TEST(Dockerfile, ExplainsAProgramThatAnotherStageHas) {
  EXPECT_EQ(explainMissingProgram(kFrontend, "", "npm").value_or(""),
            "the last stage (line 17, FROM nginx:alpine) has no npm; stage 0 (line 2, FROM node:20-alpine) does: "
            "name it (`FROM node:20-alpine AS dev`) and set `build.target: dev`");
  EXPECT_TRUE(surelyLacksProgram(kFrontend, "", "npm"));
  EXPECT_FALSE(surelyLacksProgram(kFrontend, "0", "npm"));
  EXPECT_FALSE(explainMissingProgram(kFrontend, "", "cobol").has_value());
  EXPECT_FALSE(explainMissingProgram("", "", "npm").has_value());
}

TEST(Dockerfile, ChoosesANamedStageAndFollowsItsBase) {
  constexpr std::string_view kText =
      "FROM python:3.11-slim AS base\n"
      "RUN pip install -r requirements.txt\n"
      "FROM base AS dev\n"
      "FROM gcr.io/distroless/static\n";
  EXPECT_EQ(explainMissingProgram(kText, "", "uvicorn").value_or(""),
            "the last stage (line 4, FROM gcr.io/distroless/static) has no uvicorn; stage `dev` (line 3, FROM base) "
            "does: set `build.target: dev`");
  EXPECT_FALSE(surelyLacksProgram(kText, "", "uvicorn")) << "a base nobody knows may have anything";
}

TEST(Dockerfile, DoesNotClaimAbsenceWhenLinesMayHaveBroughtTheProgram) {
  constexpr std::string_view kNode = "FROM node:20 AS build\n";
  const std::string installed = std::string(kNode) + "FROM nginx:alpine\nRUN apk add nodejs npm\n";
  const std::string copied =
      std::string(kNode) + "FROM nginx:alpine\nCOPY --from=build /usr/local/bin /usr/local/bin\n";
  EXPECT_FALSE(surelyLacksProgram(installed, "", "npm"));
  EXPECT_FALSE(surelyLacksProgram(copied, "", "npm"));
  EXPECT_FALSE(surelyLacksProgram(std::string(kNode) + "FROM nginx:alpine\n", "", "sh"));
}

}  // namespace
}  // namespace orbit::project
