#include "engine/cases/state.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/cases/clock_changes.h"
#include "engine/record/envelope.h"

namespace lastkm::cases {

namespace {

constexpr std::array<std::pair<ClockState, std::string_view>, 4> kClockStates{
    {{ClockState::running, "running"},
     {ClockState::suspended, "suspended"},
     {ClockState::met, "met"},
     {ClockState::breached, "breached"}}};

/// Writes members in the order of their names and leaves out what is as in a new state.
class Writer {
 public:
  void text(const char* name, const std::string& value, std::string_view otherwise = {}) {
    if (value != otherwise) out_.add(name, value);
  }
  void number(const char* name, std::int64_t value) {
    if (value != 0) out_.add(name, value);
  }
  void flag(const char* name, bool value) {
    if (value) out_.add(name, true);
  }
  void time(const char* name, const std::optional<Instant>& value) {
    if (value) out_.add(name, value->ms);
  }
  void texts(const char* name, const std::vector<std::string>& values) {
    list(name, values, [](const std::string& value) { return Value(value); });
  }
  template <class T, class F>
  void list(const char* name, const std::vector<T>& values, F to) {
    if (values.empty()) return;
    Array items;
    items.reserve(values.size());
    for (const T& value : values) items.push_back(to(value));
    out_.add(name, std::move(items));
  }
  void any(const char* name, Value value) { out_.add(name, std::move(value)); }
  Value take() { return Value(std::move(out_)); }

 private:
  Object out_;
};

/// Reads what Writer writes; remembers whether everything had its type.
class Reader {
 public:
  Reader(const Value& object, std::string_view what) : members_(object, what) {
    if (object.if_object() == nullptr) members_.fail("(object)");
  }
  std::string text(std::string_view name, std::string_view otherwise = {}) {
    const Value* value = members_.any(name);
    if (value == nullptr) return std::string(otherwise);
    return held(name, value->if_string());
  }
  std::int64_t number(std::string_view name) {
    const Value* value = members_.any(name);
    return value == nullptr ? 0 : held(name, value->if_int());
  }
  bool flag(std::string_view name) {
    const Value* value = members_.any(name);
    return value != nullptr && held(name, value->if_bool());
  }
  std::optional<Instant> time(std::string_view name) {
    if (members_.any(name) == nullptr) return std::nullopt;
    return Instant{number(name)};
  }
  std::vector<std::string> texts(std::string_view name) {
    return list<std::string>(name, [this, name](const Value& item) { return held(name, item.if_string()); });
  }
  template <class T, class F>
  std::vector<T> list(std::string_view name, F from) {
    std::vector<T> out;
    const Value* value = members_.any(name);
    if (value == nullptr) return out;
    const Array* items = value->if_array();
    if (items == nullptr) {
      members_.fail(name);
      return out;
    }
    out.reserve(items->size());
    for (const Value& item : *items) out.push_back(from(item));
    return out;
  }
  const Value* any(std::string_view name) const { return members_.any(name); }
  void fail(std::string_view name) { members_.fail(name); }
  /// Takes over what went wrong in a part.
  void check(const Reader& part, std::string_view name) {
    if (!part.good()) members_.fail(name);
  }
  [[nodiscard]] bool good() const { return members_.good(); }
  [[nodiscard]] Error error() const { return members_.error(); }

 private:
  template <class T>
  T held(std::string_view name, const T* value) {
    if (value != nullptr) return *value;
    members_.fail(name);
    return T{};
  }
  record::Members members_;
};

Value clock_value(const Clock& clock) {
  Writer out;
  out.time("base", clock.base);
  out.time("due", clock.due);
  out.list("extensions", clock.extensions, [](const calendar::Amount& more) { return to_value(more); });
  out.any("limit", to_value(clock.limit));
  out.list("marks", clock.marks, [](const PendingMark& mark) {
    return Value(Array{Value(mark.at.ms), Value(mark.id)});
  });
  out.text("name", clock.name);
  if (clock.paused_left) out.any("paused_left", to_value(*clock.paused_left));
  out.flag("provisional", clock.provisional);
  out.time("resumed_at", clock.resumed_at);
  if (clock.resumed_left) out.any("resumed_left", to_value(*clock.resumed_left));
  out.flag("silenced", clock.silenced);
  out.text("state", std::string(name_of(clock.state)));
  return out.take();
}

Clock clock_from(const Value& value, Reader& whole) {
  Reader in(value, "clock");
  Clock clock;
  clock.name = in.text("name");
  clock.base = in.time("base").value_or(Instant{});
  clock.due = in.time("due").value_or(Instant{});
  clock.provisional = in.flag("provisional");
  clock.silenced = in.flag("silenced");
  const auto state = clock_state_of(in.text("state"));
  const Value* limit = in.any("limit");
  const auto amount = limit == nullptr ? std::nullopt : amount_from(*limit);
  if (!state || !amount) {
    whole.fail("clocks");
    return clock;
  }
  clock.state = *state;
  clock.limit = *amount;
  if (const Value* left = in.any("paused_left")) {
    clock.paused_left = amount_from(*left);
    if (!clock.paused_left) in.fail("paused_left");
  }
  clock.resumed_at = in.time("resumed_at");
  if (const Value* left = in.any("resumed_left")) {
    clock.resumed_left = amount_from(*left);
    if (!clock.resumed_left) in.fail("resumed_left");
  }
  clock.extensions = in.list<calendar::Amount>("extensions", [&in](const Value& item) {
    const auto more = amount_from(item);
    if (!more) in.fail("extensions");
    return more.value_or(calendar::Amount{});
  });
  clock.marks = in.list<PendingMark>("marks", [&in](const Value& item) {
    const Array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2 || (*pair)[0].if_int() == nullptr ||
        (*pair)[1].if_string() == nullptr) {
      in.fail("marks");
      return PendingMark{};
    }
    return PendingMark{*(*pair)[1].if_string(), Instant{*(*pair)[0].if_int()}};
  });
  whole.check(in, "clocks");
  return clock;
}

Value co_handler_value(const CoHandler& co_handler) {
  Writer out;
  out.text("body", co_handler.body.value);
  out.time("due", co_handler.due);
  out.flag("reported", co_handler.reported);
  return out.take();
}

CoHandler co_handler_from(const Value& value, Reader& whole) {
  Reader in(value, "co-handler");
  CoHandler out{BodyId(in.text("body")), in.time("due"), in.flag("reported")};
  whole.check(in, "co_handlers");
  return out;
}

Value maker_value(const Maker& maker) {
  Writer out;
  out.text("body", maker.body.value);
  out.number("from", maker.from);
  return out.take();
}

Maker maker_from(const Value& value, Reader& whole) {
  Reader in(value, "maker");
  Maker out{BodyId(in.text("body")), in.number("from")};
  whole.check(in, "makers");
  return out;
}

Value whistle_value(const Whistle& whistle) {
  Writer out;
  out.texts("answered", whistle.answered);
  out.texts("bodies", whistle.bodies);
  out.text("kind", whistle.kind);
  return out.take();
}

Value remembered_value(const Remembered& remembered) {
  Writer out;
  out.number("at", remembered.at.ms);
  out.text("command", remembered.command.value);
  out.text("fingerprint", remembered.fingerprint);
  out.text("key", remembered.key);
  out.number("ordinal", remembered.ordinal.value);
  return out.take();
}

Remembered remembered_from(const Value& value, Reader& whole) {
  Reader in(value, "remembered outcome");
  Remembered out{CommandId(in.text("command")), in.text("fingerprint"), in.text("key"),
                 Ordinal(in.number("ordinal")), Instant{in.number("at")}};
  whole.check(in, "remembered");
  return out;
}

}  // namespace

std::string_view name_of(ClockState state) {
  return kClockStates[static_cast<std::size_t>(state)].second;
}

std::optional<ClockState> clock_state_of(std::string_view name) {
  for (const auto& [state, text] : kClockStates) {
    if (text == name) return state;
  }
  return std::nullopt;
}

const Clock* CaseState::find_clock(std::string_view name) const {
  for (const Clock& clock : clocks) {
    if (clock.name == name) return &clock;
  }
  return nullptr;
}

std::string_view CaseState::maker_of(std::int64_t seq) const {
  std::string_view body;
  if (seq > version) return body;
  for (const Maker& maker : makers) {
    if (maker.from > seq) break;
    body = maker.body.value;
  }
  return body;
}

std::optional<Instant> CaseState::next_due() const {
  std::optional<Instant> earliest;
  const auto consider = [&earliest](Instant at) {
    if (!earliest || at < *earliest) earliest = at;
  };
  for (const Clock& clock : clocks) {
    const bool running = clock.state == ClockState::running;
    if (running) consider(clock.due);
    if (running || (clock.state == ClockState::breached && !clock.silenced)) {
      for (const PendingMark& mark : clock.marks) consider(mark.at);
    }
  }
  return earliest;
}

Value to_value(const CaseState& state) {
  Writer out;
  out.flag("anonymous", state.anonymous);
  out.time("archived_at", state.archived_at);
  out.text("calendar", state.calendar);
  out.number("callbacks", state.callbacks);
  out.number("callbacks_reached", state.callbacks_reached);
  out.text("card", state.card, "none");
  out.text("category", state.category);
  out.text("channel", state.channel);
  out.texts("children", state.children);
  out.list("clocks", state.clocks, clock_value);
  out.time("closed_at", state.closed_at);
  out.list("co_handlers", state.co_handlers, co_handler_value);
  out.flag("confidential", state.confidential);
  out.number("contacts", state.contacts);
  out.number("dispatches", state.dispatches);
  out.number("disputes", state.disputes);
  out.flag("ended", state.ended);
  out.number("evidence", state.evidence);
  if (state.extension_asked) out.any("extension_asked", to_value(*state.extension_asked));
  out.text("extension_asked_by", state.extension_asked_by);
  out.number("extensions", state.extensions);
  out.text("feedback_by", state.feedback_by);
  out.number("feedbacks", state.feedbacks);
  out.time("first_try", state.first_try);
  out.texts("holders", state.holders);
  out.text("id", state.id.value);
  out.flag("imported", state.imported);
  out.text("last_decision", state.last_decision);
  out.time("last_try", state.last_try);
  out.text("lead", state.lead);
  out.flag("legal_hold", state.legal_hold);
  out.number("level", state.level);
  out.list("makers", state.makers, maker_value);
  out.text("master", state.master);
  out.texts("merged", state.merged);
  out.text("merging", state.merging);
  out.number("occurred_at", state.occurred_at.ms);
  out.number("opened_at", state.opened_at.ms);
  out.text("parent", state.parent);
  out.text("parked_for", state.parked_for);
  out.number("parks", state.parks);
  out.text("place", state.place);
  out.text("ref", state.ref);
  out.list("remembered", state.remembered, remembered_value);
  out.number("reopens", state.reopens);
  out.text("respondent", state.respondent);
  out.texts("returned_by", state.returned_by);
  out.number("returns", state.returns);
  out.flag("ruled", state.ruled);
  out.text("satisfied", state.satisfied);
  out.text("solved", state.solved);
  out.text("stage", state.stage);
  out.number("supervision", state.supervision);
  out.text("termination_asked_by", state.termination_asked_by);
  out.number("tries", state.tries);
  out.text("type", state.type);
  out.text("urgency", state.urgency);
  out.text("verified", state.verified);
  out.number("version", state.version);
  if (state.whistle) out.any("whistle", whistle_value(*state.whistle));
  out.text("workflow", state.workflow);
  out.number("workflow_version", state.workflow_version);
  return out.take();
}

Result<CaseState> state_from(const Value& value) {
  Reader in(value, "case state");
  CaseState s;
  s.id = AggregateId(in.text("id"));
  s.ref = in.text("ref");
  s.version = in.number("version");
  s.stage = in.text("stage");
  s.ended = in.flag("ended");
  s.workflow = in.text("workflow");
  s.workflow_version = in.number("workflow_version");
  s.opened_at = Instant{in.number("opened_at")};
  s.occurred_at = Instant{in.number("occurred_at")};
  s.type = in.text("type");
  s.category = in.text("category");
  s.urgency = in.text("urgency");
  s.place = in.text("place");
  s.channel = in.text("channel");
  s.respondent = in.text("respondent");
  s.anonymous = in.flag("anonymous");
  s.confidential = in.flag("confidential");
  s.imported = in.flag("imported");
  s.lead = in.text("lead");
  s.co_handlers =
      in.list<CoHandler>("co_handlers", [&in](const Value& item) { return co_handler_from(item, in); });
  s.makers = in.list<Maker>("makers", [&in](const Value& item) { return maker_from(item, in); });
  s.holders = in.texts("holders");
  s.returned_by = in.texts("returned_by");
  s.returns = in.number("returns");
  s.disputes = in.number("disputes");
  s.dispatches = in.number("dispatches");
  s.ruled = in.flag("ruled");
  s.level = in.number("level");
  s.supervision = in.number("supervision");
  s.card = in.text("card", "none");
  if (const Value* whistle = in.any("whistle")) {
    Reader part(*whistle, "whistle");
    s.whistle = Whistle{part.text("kind"), part.texts("bodies"), part.texts("answered")};
    in.check(part, "whistle");
  }
  s.clocks = in.list<Clock>("clocks", [&in](const Value& item) { return clock_from(item, in); });
  s.calendar = in.text("calendar");
  s.extensions = in.number("extensions");
  s.parks = in.number("parks");
  s.extension_asked_by = in.text("extension_asked_by");
  s.termination_asked_by = in.text("termination_asked_by");
  if (const Value* asked = in.any("extension_asked")) {
    s.extension_asked = amount_from(*asked);
    if (!s.extension_asked) in.fail("extension_asked");
  }
  s.parked_for = in.text("parked_for");
  s.merging = in.text("merging");
  s.master = in.text("master");
  s.merged = in.texts("merged");
  s.parent = in.text("parent");
  s.children = in.texts("children");
  s.feedbacks = in.number("feedbacks");
  s.evidence = in.number("evidence");
  s.legal_hold = in.flag("legal_hold");
  s.tries = in.number("tries");
  s.first_try = in.time("first_try");
  s.last_try = in.time("last_try");
  s.callbacks = in.number("callbacks");
  s.callbacks_reached = in.number("callbacks_reached");
  s.reopens = in.number("reopens");
  s.contacts = in.number("contacts");
  s.feedback_by = in.text("feedback_by");
  s.solved = in.text("solved");
  s.satisfied = in.text("satisfied");
  s.verified = in.text("verified");
  s.closed_at = in.time("closed_at");
  s.archived_at = in.time("archived_at");
  s.remembered =
      in.list<Remembered>("remembered", [&in](const Value& item) { return remembered_from(item, in); });
  s.last_decision = in.text("last_decision");
  if (!in.good()) return in.error();
  return s;
}

}  // namespace lastkm::cases
