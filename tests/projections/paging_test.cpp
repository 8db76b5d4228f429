#include "projections/query/paging.h"

#include <catch2/catch.hpp>
#include <random>

namespace lastkm::projections {

namespace {

/// An item that knows how many of its kind are alive.
struct Counted {
  Counted() { most = std::max(most, ++alive); }
  Counted(Counted&& /*other*/) noexcept : Counted() {}
  Counted& operator=(Counted&& /*other*/) noexcept { return *this; }
  ~Counted() { --alive; }
  static inline int alive = 0, most = 0;
};

Result<Page> page_of(const std::vector<std::string>& keys, const PageRequest& request) {
  auto page = PageOf<std::string>::asked(request, Cursors("secret", "all"));
  if (!page) return page.error();
  for (const std::string& key : keys) page->take(key, "item " + key);
  return page->lines([](const std::string& item) { return Result<Value>(item); });
}

}  // namespace

TEST_CASE("paging: pages of any size put together are what was found, in order, in whatever order it came") {
  std::mt19937 random(7);
  for (const int size : {0, 1, 2, 5, 40}) {
    std::vector<std::string> keys;
    for (int i = 0; i < size; ++i) keys.push_back("k" + std::to_string(100 + i));
    const std::vector<std::string> sorted = keys;
    for (const std::size_t limit : {0, 1, 2, 5, 7, 40, 41}) {
      std::shuffle(keys.begin(), keys.end(), random);
      std::vector<std::string> together;
      std::size_t pages = 0;
      PageRequest request{limit, ""};
      do {
        const auto page = page_of(keys, request);
        REQUIRE(page.has_value());
        CHECK(page->count == size);
        for (const Value& line : page->lines) together.push_back(line.if_string()->substr(5));
        request.cursor = page->next;
        ++pages;
      } while (!request.cursor.empty());
      CHECK(together == sorted);
      CHECK(pages == (limit == 0 || size == 0 ? 1 : (sorted.size() + limit - 1) / limit));
    }
  }
  CHECK_FALSE(page_of({"k"}, {1, "no cursor"}).has_value());
}

TEST_CASE("paging: no more is held than a page needs") {
  auto page = PageOf<Counted>::asked({10, ""}, Cursors("secret", "all"));
  REQUIRE(page.has_value());
  for (int i = 0; i < 1000; ++i) page->take(std::to_string(i * 7919 % 1000), Counted());
  CHECK(Counted::alive == 11);
  // A list that grows holds it twice for a moment.
  CHECK(Counted::most < 50);
}

}  // namespace lastkm::projections
