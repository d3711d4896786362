// Where a deploy comes from, as git knows it. Reading never fails a deploy: without git, or outside a repository, there
// is just nothing to tell. Thread rules: the thread of its Loop.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "format/json.h"
#include "net/net.h"

namespace orbit::cli {

struct GitSource {
  std::string commit, author, message, branch;
  bool dirty = false;
  format::Json json() const;
};

// Of the repository that `folder` is in; an empty commit when there is none.
net::Task<GitSource> readGit(net::Loop& loop, std::string folder, net::Wait wait);
// "9d8e7f6 fix the total (ann)" of each commit after `from` up to `to`, newest first; none when git does not know both.
net::Task<std::vector<std::string>> readCommits(net::Loop& loop, std::string folder, std::string from, std::string to,
                                                net::Wait wait);

// What `git log -1` said in the form readGit asks for.
GitSource parseGit(const std::string& text);
// `source` under the name that --commit gives it. Errors: kConflict when another commit is checked out, kInvalid when
// it is no commit's name.
Result<GitSource> namedCommit(GitSource source, const std::string& name);

}  // namespace orbit::cli
