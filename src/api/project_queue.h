// One operation at a time for each project, in the order they came; different projects side by side. Private to api.
// Thread rules: the thread of its Loop.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "net/net.h"

namespace orbit::api {

class ProjectQueue {
  struct Line;

 public:
  explicit ProjectQueue(net::Loop& loop) : loop_(loop) {}

  // A place in a project's line. While it is at the front its owner works; destroying it lets the next one go.
  class Place {
   public:
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    // What is being waited for ("up"), or "" when it is our turn.
    std::string ahead() const;
    // Until it is our turn. Errors: kCancelled, kTimeout.
    net::Task<Status> turn(net::Wait wait);

   private:
    friend ProjectQueue;
    Place(std::shared_ptr<Line> line, std::string kind, net::Cancel& cancel);
    std::shared_ptr<Line> line_;
    std::string kind_;
    net::Cancel& cancel_;
  };
  // `cancel` is the operation's own.
  std::unique_ptr<Place> join(const std::string& project, std::string kind, net::Cancel& cancel);

  // Until nobody works or waits on the project. Errors: kCancelled, kTimeout.
  net::Task<Status> idle(std::string project, net::Wait wait);

  // Asks every operation, working or waiting, to stop.
  void cancelAll();

 private:
  struct Line {
    explicit Line(net::Loop& loop) : moved(loop) {}
    std::deque<Place*> places;
    net::Condition moved;
  };
  net::Loop& loop_;
  std::map<std::string, std::weak_ptr<Line>> lines_;  // by project; expired ones are swept by join()
};

}  // namespace orbit::api
