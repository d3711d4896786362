#include "cli/progress_table.h"

#include "base/base.h"
#include "cli/deploy_text.h"
#include "cli/listing.h"
#include "cli/log_printer.h"
#include "format/quantity.h"

namespace orbit::cli {
namespace {

constexpr std::string_view kSpinner[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
constexpr Duration kSpinnerStep = std::chrono::milliseconds(100);
constexpr std::size_t kTimeColumns = 8;
constexpr std::size_t kLabelColumnsMax = 30;
constexpr std::size_t kMarkColumns = 2;
constexpr std::size_t kGap = 2;
constexpr Duration kTimeShown = std::chrono::milliseconds(100);  // what took less shows no time
enum Column { kLabel, kState, kHealth, kPorts, kImage, kColumns };

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

bool isOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "Pulling fs layer 45% of 31.2MiB".
std::string progressText(const StepEvent& step) {
  std::string out = printable(step.detail);
  if (step.total <= 0) return out;
  const auto percent = std::clamp<std::int64_t>(step.current * 100 / step.total, 0, 100);
  if (!out.empty()) out += "  ";
  return out + std::to_string(percent) + "% of " + format::bytesText(step.total);
}

std::string timeText(Duration span) {
  // Tenths of a second, and no finer, so that lines do not jump.
  return spanText(std::max(Duration(0), span - span % std::chrono::milliseconds(100)));
}

}  // namespace

std::string plainLine(const StepEvent& step) {
  const bool progress = isOneOf(step.state, {"pulling", "building"}) && (step.total > 0 || !step.detail.empty());
  if (step.state.empty() || progress) return {};
  std::string out = " " + capitalised(step.kind) + " " + printable(step.name) + "  " + capitalised(step.state);
  if (!step.detail.empty()) out += "  " + printable(step.detail);
  return out + "\n";
}

ProgressTable::Row& ProgressTable::rowFor(const StepEvent& step, Instant now) {
  const bool image = step.kind == "image" && !step.service.empty();
  for (auto& row : rows_) {
    if (row.kind == step.kind && row.name == step.name && row.service == step.service) return row;
    // A service's image and its first container are one row: what a person waits for.
    if (row.kind == "container" && row.service == step.service && !step.service.empty()) {
      if (image) return row;
      if (row.fromImage && step.kind == "container") {
        row.name = step.name;
        row.fromImage = false;
        return row;
      }
    }
  }
  Row row;
  row.kind = image ? "container" : step.kind;
  row.name = image ? "" : step.name;
  row.service = step.service;
  row.fromImage = image;
  row.since = row.until = now;
  rows_.push_back(std::move(row));
  return rows_.back();
}

ProgressTable::Row& ProgressTable::serviceRow(const std::string& service, Instant now) {
  return rowFor({.kind = "image", .name = "", .service = service, .state = "", .detail = ""}, now);
}

void ProgressTable::apply(const StepEvent& step, Instant now) {
  Row& row = rowFor(step, now);
  row.until = now;
  row.detail = progressText(step);
  if (step.kind == "image") row.image = step.name;
  if (step.state == "waiting") {
    const bool started = row.state == "running";
    row.phase = started ? Phase::kBusy : Phase::kWaiting;
    (started ? row.health : row.state) = started ? "starting" : "waiting";
    return;
  }
  row.phase = Phase::kDone;
  if (isOneOf(step.state, {"unhealthy", "failed"})) row.phase = Phase::kFailed;
  if (step.state == "skipped") row.phase = Phase::kSkipped;
  if (isOneOf(step.state, {"creating", "starting", "recreating", "stopping", "removing", "pulling", "building"})) {
    row.phase = Phase::kBusy;
  }
  if (isOneOf(step.state, {"healthy", "unhealthy"})) {
    row.state = "running";
    row.health = step.state;
  } else if (step.kind == "container" && step.state == "started") {
    row.state = "running";
  } else {
    row.state = step.state;
    row.health.clear();
  }
}

void ProgressTable::apply(const BuildEvent& build, Instant now) {
  const std::string line = printable(trim(build.text));
  if (line.empty()) return;
  Row& row = serviceRow(build.service, now);
  row.state = "building";
  row.phase = Phase::kBusy;
  row.detail = line;
  row.until = now;
}

void ProgressTable::apply(const FailureEvent& failure, Instant now) {
  if (failure.service.empty()) return;
  const bool known =
      std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) { return row.name == failure.container; });
  Row& row =
      known && !failure.container.empty()
          ? rowFor(
                {.kind = "container", .name = failure.container, .service = failure.service, .state = "", .detail = ""},
                now)
          : serviceRow(failure.service, now);
  row.phase = Phase::kFailed;
  row.until = now;
  row.detail = printable(failure.message);
  if (row.state != "exited" && row.health != "unhealthy") row.state = "failed";
}

void ProgressTable::apply(const StageEvent& stage, Instant now) {
  const std::string said = stage.problem ? stage.problem->message : stage.text;
  if (!stage.service.empty()) {
    applyStage(stage, stage.service, said, now);
    return;
  }
  // What happened to each service's requests stands in its row, and then need not stand in the headline too.
  for (const auto& [service, numbers] : stage.numbers.members()) {
    applyStage(stage, service, besideText(numbers), now);
  }
  headline_ = said.empty() || stage.numbers.isObject() ? capitalised(stageWord(stage.stage)) : printable(said);
}

void ProgressTable::applyStage(const StageEvent& stage, const std::string& service, const std::string& said,
                               Instant now) {
  Row& row = serviceRow(service, now);
  row.until = now;
  row.staged = true;
  row.state = stageWord(stage.stage);
  row.health.clear();
  row.detail = printable(said);
  row.phase = Phase::kBusy;
  if (stage.stage == "queued") row.phase = Phase::kWaiting;
  if (isOneOf(stage.stage, {"promoted", "settled"})) row.phase = Phase::kDone;
  if (isOneOf(stage.stage, {"cancelled", "superseded"})) row.phase = Phase::kSkipped;
  if (isOneOf(stage.stage, {"failed", "taken back"}) || stage.problem) row.phase = Phase::kFailed;
}

void ProgressTable::apply(const RowEvent& listed) {
  for (auto& row : rows_) {
    if (row.kind != "container" || row.name != listed.container) continue;
    row.image = listed.image;
    row.ports = shortPorts(listed.ports);
    if (row.phase != Phase::kDone) continue;
    row.state = listed.state;
    // Orbit's own probe is ahead of the engine's, whose first may be seconds away.
    if (row.health == "healthy" && listed.health == "starting") continue;
    row.health = listed.health == "none" ? "" : listed.health;
  }
}

bool ProgressTable::busy() const {
  return std::any_of(rows_.begin(), rows_.end(),
                     [](const Row& row) { return row.phase == Phase::kBusy || row.phase == Phase::kWaiting; });
}

std::string ProgressTable::label(const Row& row) const {
  if (row.kind != "container") return row.kind + " " + row.name;
  if (row.service.empty()) return row.name;
  const auto same = std::count_if(rows_.begin(), rows_.end(), [&](const Row& other) {
    return other.kind == "container" && other.service == row.service;
  });
  return same > 1 && !row.name.empty() ? instanceName(row.service, row.name) : row.service;
}

// All rows if they fit; else those that still need watching first, in their order.
std::vector<const ProgressTable::Row*> ProgressTable::shown(std::size_t room) const {
  std::vector<const Row*> out;
  const auto take = [&](bool done) {
    for (const auto& row : rows_) {
      const bool over = row.phase == Phase::kDone || row.phase == Phase::kSkipped;
      if (over == done && out.size() < room) out.push_back(&row);
    }
  };
  take(false);
  take(true);
  std::sort(out.begin(), out.end());  // rows_ is one array: addresses are its order
  return out;
}

std::string ProgressTable::header(Instant now, const Style& style) const {
  const auto done = std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return row.phase == Phase::kDone; });
  const auto failed =
      std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return row.phase == Phase::kFailed; });
  std::string out = headline_;
  if (out.empty()) out = std::to_string(done) + " of " + std::to_string(rows_.size()) + " done";
  if (failed > 0) out += ", " + style.paint(Color::kRed, std::to_string(failed) + " failed");
  return out + style.paint(Color::kDim, "  " + timeText(now - start_));
}

// The columns' widths; what does not fit whole is left out from the right: image, ports, health.
std::vector<std::size_t> ProgressTable::widthsOf(const std::vector<const Row*>& rows, Size size) const {
  std::vector<std::size_t> widths(kColumns);
  const auto widen = [&](Column column, std::string_view text) {
    widths[column] = std::max(widths[column], displayWidth(text));
  };
  for (const auto* row : rows) {
    widen(kLabel, label(*row));
    widen(kState, row->state);
    if (!row->detail.empty() && (row->staged || row->phase != Phase::kDone)) continue;
    widen(kHealth, row->health);
    widen(kPorts, row->ports);
    widen(kImage, row->image);
  }
  widths[kLabel] = std::min({widths[kLabel], kLabelColumnsMax, size.columns / 2});
  const std::size_t available =
      size.columns > kTimeColumns + kMarkColumns ? size.columns - kTimeColumns - kMarkColumns : 0;
  std::size_t used = 0;
  for (auto& width : widths) {
    if (used + width + kGap > available) width = 0;
    if (width > 0) used += width + kGap;
  }
  return widths;
}

std::vector<std::string> ProgressTable::lines(Size size, Instant now, const Style& style) const {
  const auto rows = shown(size.lines > 4 ? size.lines - 3 : 1);
  const auto widths = widthsOf(rows, size);
  std::vector<std::string> out = {header(now, style)};
  if (displayWidth(out[0]) >= size.columns) out[0] = fitted(header(now, Style{}), size.columns - 1);
  for (const auto* row : rows) out.push_back(rowLine(*row, widths, size, now, style));
  if (rows.size() < rows_.size()) {
    out.push_back(fitted("  ... and " + std::to_string(rows_.size() - rows.size()) + " more", size.columns - 1));
  }
  return out;
}

std::string ProgressTable::mark(const Row& row, Instant now, const Style& style) const {
  const auto turn = static_cast<std::size_t>((now - start_) / kSpinnerStep) % std::size(kSpinner);
  switch (row.phase) {
    case Phase::kWaiting:
      return style.paint(Color::kDim, "·");
    case Phase::kBusy:
      return style.paint(Color::kCyan, kSpinner[turn]);
    case Phase::kDone:
      return style.paint(Color::kGreen, "✔");
    case Phase::kSkipped:
      return style.paint(Color::kDim, "-");
    case Phase::kFailed:
      return style.paint(Color::kRed, "✘");
  }
  return " ";
}

std::string ProgressTable::rowLine(const Row& row, const std::vector<std::size_t>& widths, Size size, Instant now,
                                   const Style& style) const {
  Color color = Color::kNone;
  if (row.phase == Phase::kDone) color = Color::kGreen;
  if (row.phase == Phase::kFailed) color = Color::kRed;
  if (row.phase == Phase::kWaiting || row.phase == Phase::kSkipped) color = Color::kDim;
  std::string out = mark(row, now, style) + " ";
  const auto cell = [&](Column column, std::string_view text, Color paint) {
    if (widths[column] == 0) return;
    const std::string filled = padded(text, widths[column]);
    const auto words = filled.substr(0, filled.find_last_not_of(' ') + 1);
    out += style.paint(paint, words) + filled.substr(words.size()) + "  ";
  };
  cell(kLabel, label(row), Color::kNone);
  cell(kState, row.state, color);
  const std::size_t end = size.columns > kTimeColumns + 1 ? size.columns - kTimeColumns - 1 : 0;
  if (!row.detail.empty() && (row.staged || row.phase != Phase::kDone)) {
    const auto at = displayWidth(out);
    out += style.paint(row.phase == Phase::kFailed ? Color::kRed : Color::kDim,
                       fitted(row.detail, end > at ? end - at : 0));
  } else {
    cell(kHealth, row.health, color);
    cell(kPorts, row.ports, Color::kNone);
    cell(kImage, row.image, Color::kDim);
  }
  const bool open = row.phase == Phase::kBusy || row.phase == Phase::kWaiting;
  const Duration passed = (open ? now : row.until) - row.since;
  const std::string time = passed < kTimeShown ? std::string() : timeText(passed);
  const auto at = displayWidth(out);
  const auto right = end + kTimeColumns > displayWidth(time) ? end + kTimeColumns - displayWidth(time) : 0;
  if (time.empty() || at > right) {
    while (endsWith(out, " ")) out.pop_back();
    return fitted(out, style.color ? std::string::npos : size.columns - 1);
  }
  out.append(right - at, ' ');
  return out + style.paint(Color::kDim, time);
}

}  // namespace orbit::cli
