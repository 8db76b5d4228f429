// The rule of the accepted sequence.
#include <catch2/catch.hpp>

#include "engine/record/accepted.h"

using namespace lastkm;
using namespace lastkm::record;

namespace {

using Owned = std::vector<std::pair<std::string, std::string>>;

Owned headers(const std::string& epoch) {
  return {{"ce_id", "1"}, {"epoch", epoch}};
}

const std::string& started() {
  static const std::string bytes = encode(OwnerStarted{99, "o", Instant{}}, "/lastkm/x");
  return bytes;
}

const std::string& decided() {
  static const std::string bytes = encode(Decision(), "/lastkm/x");
  return bytes;
}

}  // namespace

TEST_CASE("accepted: the epoch is the number in the header, and 0 where there is none") {
  CHECK(*epoch_in(Owned{}) == 0);
  CHECK(*epoch_in(Owned{{"ce_id", "7"}}) == 0);
  CHECK(*epoch_in(headers("0")) == 0);
  CHECK(*epoch_in(headers("12")) == 12);
  CHECK(*epoch_in(headers("9223372036854775806")) == 9223372036854775806);
}

TEST_CASE("accepted: a header that is no epoch is an error, and opens none") {
  for (const char* text :
       {"", "x", "12x", "x12", " 12", "12 ", "+12", "-1", "1.0", "0x1f", "9223372036854775807",
        "9223372036854775808", "12345678901234567890", "99999999999999999999999999999999"}) {
    CAPTURE(text);
    const auto epoch = epoch_in(headers(text));
    REQUIRE_FALSE(epoch);
    CHECK(epoch.error().kind == ErrorKind::integrity);
    CHECK(epoch.error().code == "bad-epoch");
    LiveEpoch live(3);
    for (const std::string& bytes : {started(), decided(), std::string("{}")})
      CHECK(live.read(bytes, headers(text)).error().code == "bad-epoch");
    CHECK(live.highest() == 3);
  }
}

TEST_CASE("accepted: a start opens the epoch of its header, and what was written below it is stale") {
  LiveEpoch live;
  const auto take = [&live](const std::string& bytes, const std::string& epoch) {
    const auto written = live.read(bytes, headers(epoch));
    REQUIRE(written);
    return *written;
  };
  CHECK_FALSE(live.read(decided(), Owned{})->stale);
  CHECK(take(started(), "2").kind == DecisionRecordKind::owner_started);
  CHECK(live.highest() == 2);
  CHECK(live.read(decided(), Owned{})->stale);
  CHECK(take(decided(), "1").stale);
  CHECK_FALSE(take(decided(), "2").stale);
  // A decision opens nothing, whatever it says.
  CHECK_FALSE(take(decided(), "7").stale);
  CHECK(live.highest() == 2);
  // Nor does an owner who comes late.
  take(started(), "1");
  CHECK(live.highest() == 2);
  take(started(), "5");
  CHECK(live.highest() == 5);
  const Written late = take(decided(), "4");
  CHECK(late.kind == DecisionRecordKind::decision);
  CHECK(late.epoch == 4);
  CHECK(late.stale);
  const Written foreign = take("{}", "4");
  CHECK(foreign.kind == DecisionRecordKind::unknown);
  CHECK(foreign.stale);
}

TEST_CASE("accepted: the next ordinal is accepted, a lower one repeats, a higher one leaves a gap") {
  CHECK(verdict_on(Ordinal(1), Ordinal(0)) == Verdict::accepted);
  CHECK(verdict_on(Ordinal(2), Ordinal(0)) == Verdict::gap);
  CHECK(verdict_on(Ordinal(0), Ordinal(0)) == Verdict::repeat);
  CHECK(verdict_on(Ordinal(8), Ordinal(7)) == Verdict::accepted);
  CHECK(verdict_on(Ordinal(7), Ordinal(7)) == Verdict::repeat);
  CHECK(verdict_on(Ordinal(1), Ordinal(7)) == Verdict::repeat);
  CHECK(verdict_on(Ordinal(9), Ordinal(7)) == Verdict::gap);
}
