#include "engine/base/packed.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace lastkm {
namespace {

enum class Colour : std::uint8_t { red, green };

struct Part {
  std::string name;
  std::optional<Instant> at;
  bool operator==(const Part&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.name, self.at);
  }
};

struct Whole {
  BodyId body;
  Ordinal ordinal;
  bool flag = false;
  Colour colour = Colour::red;
  std::int64_t n = 0;
  std::vector<Part> parts;
  std::map<std::string, Part> named;
  std::array<unsigned char, 3> raw{};
  bool operator==(const Whole&) const = default;

  template <class Self, class Each>
  static void members(Self& self, Each&& each) {
    each(self.body, self.ordinal, self.flag, self.colour, self.n, self.parts, self.named, self.raw);
  }
};

const Whole kWhole{BodyId("PSC-1"),
                   Ordinal(9),
                   true,
                   Colour::green,
                   -300,
                   {{"", Instant{0}}, {std::string("a\0b", 3), std::nullopt}},
                   {{"", {"x", Instant{-1}}}, {"k", {}}},
                   {0, 255, 128}};

}  // namespace

TEST_CASE("packed: every member comes back") {
  CHECK(unpack<Whole>(pack(Whole{})) == Whole{});
  CHECK(unpack<Whole>(pack(kWhole)) == kWhole);
  CHECK(pack(kWhole) != pack(Whole{}));
}

TEST_CASE("packed: the bytes are few, and what they always were") {
  CHECK(pack(Part{"ab", Instant{-1}}) == std::string("\2ab\1\1", 5));
  CHECK(pack(std::vector<std::int64_t>{0, 1, -1, 64, -65}) == std::string("\5\0\2\1\x80\1\x81\1", 8));
}

TEST_CASE("packed: the largest and the smallest numbers") {
  for (const std::int64_t n :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), std::int64_t{-1},
        std::int64_t{0}, std::int64_t{1}}) {
    CHECK(unpack<std::int64_t>(pack(n)) == n);
  }
}

TEST_CASE("packed: nothing but whole bytes is taken") {
  const std::string bytes = pack(kWhole);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    INFO(n);
    CHECK_FALSE(unpack<Whole>(std::string_view(bytes).substr(0, n)));
  }
  CHECK_FALSE(unpack<Whole>(bytes + "x"));
  CHECK_FALSE(unpack<bool>("\2"));
  CHECK_FALSE(unpack<std::int64_t>(std::string(11, '\xff')));
  // A length that nothing follows takes no memory.
  CHECK_FALSE(unpack<std::vector<Part>>("\xff\xff\xff\xff\xff\xff\xff\x7f"));
  CHECK_FALSE(unpack<std::string>("\xff\xff\xff\xff\x7f"));
}

}  // namespace lastkm
