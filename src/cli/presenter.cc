#include "cli/presenter.h"

#include "base/base.h"

namespace orbit::cli {
namespace {
constexpr std::size_t kBuildTailLines = 20;
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";

// Up over lines of these widths: after a resize the terminal has wrapped them anew.
std::string upOver(const std::vector<std::size_t>& widths, Size size) {
  const std::size_t columns = std::max<std::size_t>(size.columns, 1);
  std::size_t rows = 0;
  for (const auto width : widths) rows += width == 0 ? 1 : (width + columns - 1) / columns;
  return "\r\x1b[" + std::to_string(rows) + "A";
}

}  // namespace

Presenter::Presenter(Surface surface, Options options, Instant start)
    : surface_(std::move(surface)), options_(std::move(options)), table_(start) {}

Presenter::~Presenter() {
  showCursor();
}

void Presenter::handle(const Event& event, Instant now) {
  if (const auto* step = std::get_if<StepEvent>(&event)) return onStep(*step, now);
  if (const auto* build = std::get_if<BuildEvent>(&event)) return onBuild(*build, now);
  if (const auto* stage = std::get_if<StageEvent>(&event)) return onStage(*stage, now);
  if (const auto* row = std::get_if<RowEvent>(&event)) return table_.apply(*row);
  if (const auto* warning = std::get_if<WarningEvent>(&event)) {
    const std::string text = warningText(*warning, options_.place, options_.style);
    if (told_.insert(text).second) say(text);
    return;
  }
  if (const auto* problem = std::get_if<ProblemEvent>(&event)) {
    failed_ = true;
    problems_.push_back(*problem);
    return;
  }
  if (const auto* failure = std::get_if<FailureEvent>(&event)) {
    failed_ = true;
    failures_.push_back(*failure);
    if (live()) table_.apply(*failure, now);
    return;
  }
  if (const auto* waiting = std::get_if<WaitingEvent>(&event)) {
    say("Waiting: another `orbit " + waiting->operation + "` of project " + waiting->project + " is still running\n");
  }
}

void Presenter::onStep(const StepEvent& step, Instant now) {
  if (!options_.showPull && step.state == "pulling") return;
  if (live()) return table_.apply(step, now);
  if (options_.mode == Mode::kPlain) surface_.err(plainLine(step));
}

void Presenter::onBuild(const BuildEvent& build, Instant now) {
  if (!options_.showBuild) return;
  auto& tail = buildTails_[build.service];
  for (auto line : split(build.text, '\n')) {
    const std::string text = printable(line);
    if (trim(text).empty()) continue;
    tail.push_back(text);
    if (tail.size() > kBuildTailLines) tail.pop_front();
    if (live()) {
      table_.apply(BuildEvent{build.service, text}, now);
    } else if (options_.mode == Mode::kPlain) {
      surface_.err(build.service + " build | " + text + "\n");
    }
  }
}

void Presenter::onStage(const StageEvent& stage, Instant now) {
  if (stage.problem) {
    failed_ = true;
    stopped_[stage.service] = stage;
  }
  if (live()) return table_.apply(stage, now);
  if (options_.mode == Mode::kPlain) surface_.err(stageLines_.line(stage, now));
}

void Presenter::say(const std::string& text) {
  erase();
  surface_.err(text);
}

void Presenter::print(const std::string& text) {
  erase();
  surface_.out(text);
}

void Presenter::tick(Instant now) {
  if (showsTable()) draw(now);
}

void Presenter::erase() {
  if (drawn_.empty()) return;
  surface_.err(upOver(drawn_, surface_.size()) + "\x1b[J");
  drawn_.clear();
}

void Presenter::draw(Instant now) {
  const Size size = surface_.size();
  const auto lines = table_.lines(size, now, options_.style);
  std::string frame;
  if (!cursorHidden_) frame += kHideCursor;
  cursorHidden_ = true;
  if (!drawn_.empty()) frame += upOver(drawn_, size);
  drawn_.clear();
  for (const auto& line : lines) {
    frame += line + "\x1b[K\n";
    drawn_.push_back(displayWidth(line));
  }
  surface_.err(frame + "\x1b[J");
}

std::string Presenter::tailOf(const std::string& service) const {
  const auto found = buildTails_.find(service);
  std::string out;
  if (found == buildTails_.end()) return out;
  out = "  the build's last lines:\n";
  for (const auto& line : found->second) out += options_.style.paint(Color::kDim, "  | ") + line + "\n";
  return out;
}

void Presenter::close(Instant now) {
  if (showsTable()) draw(now);
  drawn_.clear();
  table_ = ProgressTable(now);  // what was drawn stays on the screen; what comes is a new table
  showCursor();
  for (const auto& problem : problems_) surface_.err(problemText(problem, options_.place, options_.style));
  problems_.clear();
  for (const auto& failure : failures_) {
    stopped_.erase(failure.service);
    const bool unseenBuild = failure.log.empty() && options_.mode != Mode::kPlain;
    surface_.err("\n" + failureText(failure, options_.place, options_.style) +
                 (unseenBuild ? tailOf(failure.service) : std::string()));
  }
  if (!failures_.empty()) stopped_.erase("");  // they say what the whole failed on
  failures_.clear();
  for (const auto& [service, stage] : stopped_) {
    const ProblemEvent& problem = *stage.problem;
    const FailureEvent failure{service, "", problem.code, problem.message, problem.hint, 0, problem.at, stage.log};
    surface_.err("\n" + failureText(failure, options_.place, options_.style));
  }
  stopped_.clear();
}

void Presenter::showCursor() {
  if (cursorHidden_) surface_.err(kShowCursor);
  cursorHidden_ = false;
}

}  // namespace orbit::cli
