// What a CI workflow is told beside the output: GitHub Actions' job summary and step outputs. Thread rules: writes
// small files.
#pragma once
#include <string>

#include "format/json.h"

namespace orbit::cli {

// `line` is summaryLine() of the result.
std::string workflowSummary(const format::Json& result, const std::string& line);
// "release=r12\nurl=https://…\n".
std::string workflowOutputs(const format::Json& result);
// Appends both where GITHUB_STEP_SUMMARY and GITHUB_OUTPUT ask for it; what cannot be written is left out.
void tellWorkflow(const format::Json& result, const std::string& line);

}  // namespace orbit::cli
