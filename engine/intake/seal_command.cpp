#include <map>

#include "engine/base/fields.h"
#include "engine/base/sealed_names.h"
#include "engine/intake/check_data.h"
#include "engine/intake/normal_form.h"
#include "engine/intake/submission.h"
#include "engine/intake/text.h"
#include "engine/privacy/sketch.h"
#include "engine/record/actor.h"
#include "engine/record/canonical.h"
#include "engine/record/digest.h"

namespace lastkm::intake {

namespace {
constexpr std::string_view kReporter = "reporter";
constexpr std::string_view kNarrative = "narrative";
constexpr std::string_view kRequestText = "/text";
constexpr std::string_view kField = "field";  ///< which fact a command corrects …
constexpr std::string_view kValue = "value";  ///< … and to what
/// What a command needs beside its input.
constexpr std::size_t kEnvelopeBytes = 4096;

bool is_empty(const Value& value) {
  const std::string* text = value.if_string();
  return value.is_null() || (text != nullptr && text->empty());
}

/// Replaces what is personal by boxes; one key for each subject, made when it is first needed.
class Sealer {
 public:
  Sealer(const record::Command& command, privacy::Vault& vault) : command_(command), vault_(vault) {}

  Status seal_data(Object& data, const std::set<std::string>& plain_fields) {
    const Value* field = data.find(kField);
    const std::string* corrected = field == nullptr ? nullptr : field->if_string();
    const bool corrects = plain_fields.contains(std::string(kField));
    const bool corrects_plain = !corrects || (corrected != nullptr && is_plain_fact(*corrected));
    return seal_each(data, "", [&](const std::string& name) {
      return plain_fields.contains(name) && (name != kValue || corrects_plain);
    });
  }

 private:
  template <class IsPlain>
  Status seal_each(Object& object, const std::string& path, const IsPlain& is_plain) {
    std::vector<Member> members(object.begin(), object.end());
    for (Member& member : members) {
      const std::string at = path + pointer_step(member.name);
      const bool plain = !is_always_sealed(member.name) && is_plain(member.name);
      const Status sealed = is_empty(member.value)        ? done()
                            : is_of_reporter(member.name) ? put_box(member.value, kReporter, at)
                            : plain                       ? seal_inside(member.value, at)
                                                          : put_box(member.value, kNarrative, at);
      if (!sealed) return sealed;
      object.set(member.name, std::move(member.value));
    }
    return done();
  }

  /// Of a member that is plain: what it holds.
  Status seal_inside(Value& value, const std::string& path) {
    if (is_empty(value)) return done();
    if (const std::string* text = value.if_string())
      return is_code(*text) || parse_instant(*text) ? done() : put_box(value, kNarrative, path);
    if (Object* object = value.if_object())
      return seal_each(*object, path, [](const std::string& /*name*/) { return true; });
    if (Array* array = value.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        if (Status sealed = seal_inside((*array)[i], path + "/" + std::to_string(i)); !sealed) return sealed;
      }
    }
    return done();
  }

  Status put_box(Value& value, std::string_view subject, const std::string& path) {
    std::string& key = keys_[std::string(subject)];
    if (key.empty()) {
      auto made = vault_.new_key(subject);
      if (!made) return made.error();
      key = std::move(*made);
    }
    auto box = vault_.seal(value, key, privacy::Place{command_.aggregate, command_.id, path});
    if (!box) return box.error();
    // What is asked for at a place may be asked for there twice: the sketch lets it be seen when the text
    // cannot be.
    const bool sketched = path == kRequestText && command_.input.find("place") != nullptr;
    const std::string* text = value.if_string();
    if (std::string sketch = sketched && text != nullptr ? privacy::sketch_of(*text, secret()) : "";
        !sketch.empty())
      box->if_object()->set("sketch", std::move(sketch));
    value = std::move(*box);
    return done();
  }

  const std::string& secret() {
    if (secret_.empty()) secret_ = vault_.fingerprint("sketches of texts");
    return secret_;
  }

  std::string secret_;
  const record::Command& command_;
  privacy::Vault& vault_;
  std::map<std::string, std::string> keys_;
};

Result<AggregateId> aggregate_of(const Submission& submission, const std::optional<AggregateId>& resolved,
                                 const privacy::Vault& vault) {
  if (resolved) return *resolved;
  if (!submission.case_id.empty()) {
    return Error{ErrorKind::not_found, "no-such-case", "there is no case '" + submission.case_id + "'",
                 "/case"};
  }
  if (!submission.reference.empty()) return vault.aggregate_of(submission.channel, submission.reference);
  if (!submission.idempotency_key.empty())
    return vault.aggregate_of_key(submission.client, submission.idempotency_key);
  return vault.random_aggregate();
}
}  // namespace

Result<Identity> identify(const Submission& submission, const std::optional<AggregateId>& aggregate,
                          std::int32_t lanes, KeyStandsFor key_stands_for, const privacy::Vault& vault) {
  const TextLimits limits = submission.historical ? kImportedTextLimits : kTextLimits;
  if (Status checked = check_data(submission.data, "", limits); !checked) return checked.error();
  for (const std::string* text : {&submission.channel, &submission.reference, &submission.idempotency_key}) {
    if (!text->empty() && !is_identifier(*text))
      return bad_data("", "a channel, reference or key is 1 to 128 visible ASCII characters");
  }
  if (submission.occurred_at && !is_within_years(*submission.occurred_at))
    return bad_data("/occurred_at", std::string(kOutOfYears));
  if (submission.client == record::kEngineClient)
    return bad_data("", "the name '" + submission.client + "' is the engine's own, no client's");
  auto about = aggregate_of(submission, aggregate, vault);
  if (!about) return about.error();
  Identity out;
  out.aggregate = std::move(*about);
  out.command = submission.idempotency_key.empty()
                    ? vault.random_command()
                    : vault.command_of(submission.client, submission.idempotency_key, out.aggregate);
  out.lane = record::lane_of(out.aggregate, lanes);
  Object same{{"name", submission.name}, {"data", comparable(submission.data)}};
  if (key_stands_for == KeyStandsFor::request && !submission.idempotency_key.empty()) {
    same.set("actor", record::to_value(submission.actor));
    if (submission.expected_version) same.set("expected_version", *submission.expected_version);
    if (submission.occurred_at) same.set("occurred_at", format_utc(*submission.occurred_at));
  }
  out.fingerprint = vault.fingerprint(record::canonical(Value(std::move(same))));
  return out;
}

Result<record::Command> seal_command(const Submission& submission, Identity identity,
                                     const std::set<std::string>& plain_fields, Instant now,
                                     privacy::Vault& vault) {
  record::Command command;
  command.aggregate = std::move(identity.aggregate);
  command.id = std::move(identity.command);
  command.lane = identity.lane;
  command.name = submission.name;
  command.client = submission.client;
  command.idempotency_key = submission.idempotency_key;
  command.channel = submission.channel;
  command.reference = submission.reference;
  command.fingerprint = std::move(identity.fingerprint);
  command.actor = submission.actor;
  command.occurred_at = submission.occurred_at.value_or(now);
  command.recorded_at = now;
  command.expected_version = submission.expected_version;
  command.clocks_from_business_time = submission.clocks_from_business_time;
  command.correlation = submission.correlation;
  command.trace = submission.trace;
  command.input = submission.data;
  if (Status sealed = Sealer(command, vault).seal_data(*command.input.if_object(), plain_fields); !sealed)
    return sealed.error();
  if (record::canonical(command.input).size() + kEnvelopeBytes > record::kMaxCommandBytes) {
    return bad_data("", "too-long: sealed, the command has more than " +
                            std::to_string(record::kMaxCommandBytes) + " bytes");
  }
  return command;
}

}  // namespace lastkm::intake
