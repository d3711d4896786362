// A lock on one byte of a file, of the open file (fcntl(2), F_OFD_SETLK): the kernel frees it when its owner dies.
// Private to signal. Thread rules: for threads that use different bytes, or open the file each for itself.
#pragma once
#include <fcntl.h>

#include <cstdint>

namespace orbit::signal {

class RangeLock {
 public:
  // Does not wait; needs a file open for writing.
  RangeLock(int descriptor, std::uint64_t at) : descriptor_(descriptor), at_(at), held_(set(F_WRLCK)) {}
  ~RangeLock() {
    if (held_) set(F_UNLCK);
  }
  RangeLock(const RangeLock&) = delete;
  RangeLock& operator=(const RangeLock&) = delete;
  bool held() const { return held_; }

 private:
  bool set(short type) const {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<off_t>(at_);
    range.l_len = 1;
    return ::fcntl(descriptor_, F_OFD_SETLK, &range) == 0;
  }

  const int descriptor_;
  const std::uint64_t at_;
  const bool held_;
};

}  // namespace orbit::signal
