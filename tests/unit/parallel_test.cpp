#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include <profconv/workers.hpp>

#include "base/cores.hpp"
#include "base/parallel.hpp"
#include "base/task.hpp"

using namespace profconv;

TEST_CASE("parallel: parts come in order, whichever is ready first") {
  for (const std::size_t parts : {0u, 1u, 2u, 3u, 4u, 100u}) {
    std::string all, expected;
    for (std::size_t i = 0; i < parts; ++i) expected += std::to_string(i) + " ";
    make_in_order(
        parts,
        [](std::size_t part, TextBuffer& text) {
          for (volatile std::size_t work = part % 7 * 1000; work != 0;) work = work - 1;
          text.write_number(std::uint64_t{part});
          text.write(' ');
        },
        [&](std::string_view text) { all += text; });
    CHECK(all == expected);
  }
}

TEST_CASE("parallel: an exception of any part ends the work and arrives") {
  const auto nothing = [](std::string_view) {};
  CHECK_THROWS_AS(make_in_order(
                      50,
                      [](std::size_t part, TextBuffer&) {
                        if (part == 20) throw std::runtime_error("20");
                      },
                      nothing),
                  std::runtime_error);
  int taken = 0;
  CHECK_THROWS_AS(make_in_order(
                      50, [](std::size_t, TextBuffer&) {},
                      [&](std::string_view) {
                        if (++taken == 3) throw std::runtime_error("full");
                      }),
                  std::runtime_error);
  CHECK(taken == 3);
}

TEST_CASE("parallel: few rows are one stretch, and all are worked on") {
  for (const std::size_t rows : {0u, 8'999u, 9'000u, 1'000'000u}) {
    std::atomic<std::size_t> stretches = 0, worked_on = 0;
    run_on_stretches(rows, [&](std::size_t begin, std::size_t end) {
      ++stretches;
      worked_on += end - begin;
    });
    CHECK(worked_on == rows);
    CHECK((stretches == 1) == (rows < 9'000));
  }
}

TEST_CASE("parallel: every part is worked on once, and what one throws arrives") {
  for (const std::size_t parts : {0u, 1u, 3u, 1'000u}) {
    std::vector<std::atomic<int>> seen(parts);
    run_on_parts(parts, [&](std::size_t part) { ++seen[part]; });
    CHECK(std::ranges::all_of(seen, [](const std::atomic<int>& times) { return times == 1; }));
  }
  CHECK_THROWS_AS(run_on_parts(3,
                               [](std::size_t part) {
                                 if (part == 1) throw std::runtime_error("part");
                               }),
                  std::runtime_error);
}

TEST_CASE("parallel: both run, and what either throws arrives") {
  int sum = 0, other = 0;
  run_both([&] { sum = 1; }, [&] { other = 2; });
  CHECK(sum + other == 3);
  CHECK_THROWS_AS(run_both([] { throw std::runtime_error("first"); }, [] {}), std::runtime_error);
  CHECK_THROWS_AS(run_both([] {}, [] { throw std::runtime_error("second"); }), std::runtime_error);
}

TEST_CASE("parallel: all run once, in their order where they have few rows, and what one throws arrives") {
  for (const std::size_t rows : {10u, 1'000'000u}) {
    CAPTURE(rows);
    std::array<std::atomic<int>, 3> place{};
    std::atomic<int> begun = 0;
    run_all(rows, {[&] { place[0] += ++begun; }, [&] { place[1] += ++begun; }, [&] { place[2] += ++begun; }});
    CHECK(begun == 3);
    CHECK(place[0] + place[1] + place[2] == 1 + 2 + 3);
    if (rows == 10) CHECK(place[0] + 10 * place[1] + 100 * place[2] == 321);
    CHECK_THROWS_AS(run_all(rows, {[] {}, [] { throw std::runtime_error("second"); }, [] {}}), std::runtime_error);
  }
}

TEST_CASE("parallel: work beside is all done, or says what went wrong") {
  WorkBeside beside;
  std::array<std::atomic<int>, 100> done{};
  for (std::atomic<int>& times : done) beside.add([&times] { ++times; });
  beside.wait();
  CHECK(std::ranges::all_of(done, [](const std::atomic<int>& times) { return times == 1; }));
  beside.wait();  // nothing is left

  beside.add([] { throw std::runtime_error("first"); });
  CHECK_THROWS_WITH_AS(beside.wait(), "first", std::runtime_error);
  beside.add([] { throw std::runtime_error("second"); });
  const auto add_more = [&] {
    for (;;) beside.add([] {});
  };
  CHECK_THROWS_WITH_AS(add_more(), "second", std::runtime_error);
  std::atomic<int> later = 0;
  beside.add([&] { ++later; });
  beside.wait();
  CHECK(later == 1);
}

TEST_CASE("parallel: the owner of work beside does some of it, where none of the others does") {
  if (usable_cores() > 8) return;  // some would always be free
  std::promise<void> go;
  std::shared_future<void> gone = go.get_future().share();
  const auto owner = std::this_thread::get_id();
  std::atomic<int> by_owner = 0, by_all = 0;
  WorkBeside beside;
  for (int i = 0; i < 100; ++i) {
    beside.add([&] {
      ++by_all;
      if (std::this_thread::get_id() != owner) return gone.wait();
      ++by_owner;
    });
  }
  CHECK(by_owner > 0);
  go.set_value();
  beside.wait();
  CHECK(by_all == 100);
}

TEST_CASE("parallel: the end of work beside waits for what has begun") {
  std::atomic<int> begun = 0, ended = 0;
  {
    WorkBeside beside;
    for (int i = 0; i < 5; ++i) {
      beside.add([&] {
        ++begun;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++ended;
      });
    }
  }
  CHECK(begun == ended);
}

TEST_CASE("parallel: every row is worked on once, in stretches") {
  for (const std::size_t rows : {0u, 1u, 19'999u, 20'000u, 1'000'003u}) {
    std::vector<unsigned char> seen(rows, 0);
    run_on_stretches(rows, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) ++seen[i];
    });
    CHECK(std::ranges::count(seen, 1) == static_cast<std::ptrdiff_t>(rows));
  }
  CHECK_THROWS_AS(run_on_stretches(100'000, [](std::size_t, std::size_t) { throw std::runtime_error("stretch"); }),
                  std::runtime_error);
}

TEST_CASE("parallel: work within work within work, by few threads") {
  const Workers workers;
  std::atomic<int> sum = 0;
  const std::function<void(int)> halve = [&](int size) {
    if (size == 1) {
      ++sum;
    } else {
      run_both([&] { halve(size / 2); }, [&] { halve(size - size / 2); });
    }
  };
  for (int round = 0; round < 20; ++round) halve(100);
  CHECK(sum == 2000);
}

TEST_CASE("parallel: each thread begins as its owner said, before it has anything else to do") {
  if (usable_cores() == 1) return;  // nobody is started
  thread_local bool has_begun = false;
  std::atomic<int> begun = 0;
  {
    const Workers workers([&] {
      has_begun = true;
      ++begun;
    });
    std::promise<bool> seen;
    run_both([&] { CHECK(seen.get_future().get()); }, [&] { seen.set_value(has_begun); });
    CHECK_FALSE(has_begun);  // not this thread
  }
  CHECK(begun >= 1);
  CHECK(begun < static_cast<int>(usable_cores()));
}

TEST_CASE("parallel: who waits does what was handed out meanwhile") {
  if (usable_cores() != 2) return;  // with more another thread would do it
  const Workers workers;
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id by;
  std::promise<void> begun;
  run_both([&] { begun.get_future().wait(); },
           [&] {
             begun.set_value();
             std::promise<void> done;  // nobody else is there to do the inner one
             run_both([&] { done.get_future().wait(); },
                      [&] {
                        by = std::this_thread::get_id();
                        done.set_value();
                      });
           });
  CHECK(by == here);
}

TEST_CASE("workers: those that are there go on, and stay until theirs end") {
  std::vector<std::thread::id> threads;
  const auto run = [&] {
    std::promise<void> done;
    run_both([&] { done.get_future().wait(); },
             [&] {
               threads.push_back(std::this_thread::get_id());
               done.set_value();
             });
  };
  if (usable_cores() == 1) return;
  {
    const Workers outer;
    run();
    {
      const Workers inner;
      run();
    }
    run();
  }
  CHECK(std::ranges::count(threads, threads.front()) == 3);
  run();  // with one of its own
  CHECK(threads.size() == 4);
}

TEST_CASE("workers: may use the cores that this thread may use") {
  if (usable_cores() == 1) return;
  const Workers workers;
  std::promise<void> done;
  std::size_t cores = 0;
  run_both([&] { done.get_future().wait(); },
           [&] {
             cores = CoreSet().size();
             done.set_value();
           });
  CHECK(cores == CoreSet().size());
}

TEST_CASE("workers: signals are for the threads of the program") {
  if (usable_cores() == 1) return;
  static std::atomic<bool> is_here;
  static std::thread::id here;
  here = std::this_thread::get_id();
  is_here = true;
  struct sigaction action = {}, before = {};
  action.sa_handler = [](int) { is_here = is_here && std::this_thread::get_id() == here; };
  sigaction(SIGUSR1, &action, &before);
  {
    const Workers workers;
    std::promise<void> begun, done;
    sigset_t one, none;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    run_both(
        [&] {
          begun.get_future().wait();
          pthread_sigmask(SIG_BLOCK, &one, &none);  // whoever else could get it would
          kill(getpid(), SIGUSR1);
          done.get_future().wait();
        },
        [&] {
          begun.set_value();
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
          done.set_value();
        });
    pthread_sigmask(SIG_SETMASK, &none, nullptr);  // here it comes
  }
  CHECK(is_here);
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE("workers: each thread has its own") {
  const Workers workers;
  std::atomic<int> sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const Workers own;
      for (int k = 0; k < 100; ++k) run_both([&] { ++sum; }, [&] { ++sum; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(sum == 800);
}

TEST_CASE("task: done by another, or taken back") {
  const Workers workers;
  int times = 0;
  {
    Task task([&] { ++times; });
    CHECK(task.take_back());  // never handed out
    task.hand_out();
    if (task.take_back()) {
      CHECK(times == 0);
    } else {
      task.wait();
      CHECK(times == 1);
    }
    times = 0;
    task.hand_out();  // once more; its end waits or takes it back
  }
  CHECK(times <= 1);
}
