#include "api/project_queue.h"

namespace orbit::api {

ProjectQueue::Place::Place(std::shared_ptr<Line> line, std::string kind, net::Cancel& cancel)
    : line_(std::move(line)), kind_(std::move(kind)), cancel_(cancel) {
  line_->places.push_back(this);
}

ProjectQueue::Place::~Place() {
  std::erase(line_->places, this);
  line_->moved.notifyAll();
}

std::string ProjectQueue::Place::ahead() const {
  return line_->places.front() == this ? "" : line_->places.front()->kind_;
}

net::Task<Status> ProjectQueue::Place::turn(net::Wait wait) {
  while (line_->places.front() != this) {
    ORBIT_CO_TRY_STATUS(co_await line_->moved.wait(wait));
  }
  co_return Status();
}

std::unique_ptr<ProjectQueue::Place> ProjectQueue::join(const std::string& project, std::string kind,
                                                        net::Cancel& cancel) {
  std::erase_if(lines_, [](const auto& line) { return line.second.expired(); });
  auto line = lines_[project].lock();
  if (!line) {
    line = std::make_shared<Line>(loop_);
    lines_[project] = line;
  }
  return std::unique_ptr<Place>(new Place(std::move(line), std::move(kind), cancel));
}

net::Task<Status> ProjectQueue::idle(std::string project, net::Wait wait) {
  const auto found = lines_.find(project);
  const auto line = found == lines_.end() ? nullptr : found->second.lock();
  while (line && !line->places.empty()) {
    ORBIT_CO_TRY_STATUS(co_await line->moved.wait(wait));
  }
  co_return Status();
}

void ProjectQueue::cancelAll() {
  std::vector<net::Cancel*> all;
  for (const auto& [project, weak] : lines_) {
    const auto line = weak.lock();
    if (!line) continue;
    for (Place* place : line->places) all.push_back(&place->cancel_);
  }
  for (net::Cancel* cancel : all) cancel->request();
}

}  // namespace orbit::api
