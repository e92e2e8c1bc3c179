#include <profconv/workers.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/cores.hpp"
#include "base/task.hpp"
#include "base/without_signals.hpp"

namespace profconv {
namespace {

// A thread that was put to sleep takes tens of microseconds to come back, where there is a virtual machine more. What
// it would wait for often comes sooner: within a tenth of a millisecond. Who has something to do meanwhile may have its
// core.
template <class Condition>
void spin_until(const Condition& holds) {
  constexpr int most = 6000, until_yield = 64;
  for (int i = 1; i <= most && !holds(); ++i) {
    if (i % until_yield == 0) std::this_thread::yield();
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }
}

thread_local Team* team_here = nullptr;

}  // namespace

/// Tasks wait in a line; threads without work take the first one. So does a thread that waits for a task of its own: it
/// may have been put behind others, and who waits has a core.
class Team {
 public:
  explicit Team(std::function<void()> begin) : begin_(std::move(begin)) {}
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  void hand_out(Task& task);
  bool take_back(Task& task);
  void wait_for(Task& task);

 private:
  using Lock = std::unique_lock<std::mutex>;

  void start_thread();
  void work(const CoreSet& cores);
  void wait_for_more(Lock& lock);
  void run(Task& task, Lock& lock);

  const std::function<void()> begin_;   // of each thread, or none
  std::mutex mutex_;                    // guards the rest
  std::condition_variable handed_out_;  // for threads without work
  std::condition_variable changed_;     // for those that wait for a task
  std::deque<Task*> waiting_;
  std::atomic<std::size_t> count_ = 0;  // of those, to be looked at without the lock
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool is_ending_ = false;
};

Team::~Team() {
  {
    const Lock lock(mutex_);
    is_ending_ = true;
    count_ = 1;  // whoever spins looks
  }
  handed_out_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::hand_out(Task& task) {
  const Lock lock(mutex_);
  waiting_.push_back(&task);
  task.state_ = Task::State::waiting;
  count_ = waiting_.size();
  if (idle_ < waiting_.size() && threads_.size() + 1 < usable_cores()) start_thread();
  handed_out_.notify_one();
  if (task.kind_ == Task::Kind::by_itself) changed_.notify_all();
}

void Team::start_thread() {
  try {
    const CoreSet cores;
    without_signals([&] { threads_.emplace_back([this, cores] { work(cores); }); });
    cores.use_elsewhere(threads_.back());  // it waits for the lock
  } catch (const std::system_error&) {     // a limit on threads or memory: the owner takes its task back
  }
}

bool Team::take_back(Task& task) {
  const Lock lock(mutex_);
  if (task.state_ != Task::State::waiting) return false;
  std::erase(waiting_, &task);
  count_ = waiting_.size();
  task.state_ = Task::State::kept;
  return true;
}

void Team::wait_for(Task& task) {
  const auto is_done = [&] { return task.state_ == Task::State::done; };
  const auto by_itself = [](const Task* other) { return other->kind_ == Task::Kind::by_itself; };
  Lock lock(mutex_);
  for (bool has_spun = false; !is_done();) {
    if (const auto other = std::ranges::find_if(waiting_, by_itself); other != waiting_.end()) {
      Task& next = **other;
      waiting_.erase(other);
      run(next, lock);
      has_spun = false;
    } else if (has_spun) {
      changed_.wait(lock);
    } else {
      const std::size_t seen = count_;
      lock.unlock();
      spin_until([&] { return is_done() || count_ != seen; });
      lock.lock();
      has_spun = true;
    }
  }
}

void Team::run(Task& task, Lock& lock) {
  count_ = waiting_.size();
  task.state_ = Task::State::running;
  lock.unlock();
  task.work_();
  lock.lock();
  task.state_ = Task::State::done;
  changed_.notify_all();
}

void Team::work(const CoreSet& cores) {
  team_here = this;
  Lock lock(mutex_);
  cores.use();
  if (begin_) {
    lock.unlock();
    begin_();
    lock.lock();
  }
  for (;;) {
    if (waiting_.empty() && !is_ending_) wait_for_more(lock);
    if (is_ending_) return;
    Task& next = *waiting_.front();
    waiting_.pop_front();
    run(next, lock);
  }
}

void Team::wait_for_more(Lock& lock) {
  ++idle_;
  lock.unlock();
  spin_until([&] { return count_ != 0; });
  lock.lock();
  handed_out_.wait(lock, [&] { return !waiting_.empty() || is_ending_; });
  --idle_;
}

void Task::hand_out() {
  team_ = team_here;
  team_->hand_out(*this);
}

bool Task::take_back() { return state_ == State::kept || team_->take_back(*this); }

void Task::wait() {
  if (state_ != State::done) team_->wait_for(*this);
}

Workers::Workers(std::function<void()> begin) {
  if (team_here != nullptr) return;
  own_ = std::make_unique<Team>(std::move(begin));
  team_here = own_.get();
}

Workers::~Workers() {
  if (own_ != nullptr) team_here = nullptr;
}

}  // namespace profconv
