#include "engine/rules/evaluation.h"

namespace lastkm::rules {

namespace {
using Need = Fields::Need;

bool read_leaves(const Value& value, Evaluation::Leaves& leaves) {
  const Array* rates = value.if_array();
  if (rates == nullptr) return false;
  for (const Value& item : *rates) {
    const std::string* name = item.if_string();
    if (name == nullptr) return false;
    if (*name == "base") {
      leaves.base = true;
    } else if (*name == "response") {
      leaves.response = true;
    } else if (*name == "resolution") {
      leaves.resolution = true;
    } else if (*name == "satisfaction") {
      leaves.satisfaction = true;
    } else {
      return false;
    }
  }
  return true;
}
}  // namespace

namespace {
void read_weights(const Value& value, const std::string& pointer, Faults& faults,
                  Evaluation::Weights& weights) {
  Fields fields(value, pointer, faults);
  weights.response = fields.integer("response", 0, 100).value_or(0);
  weights.resolution = fields.integer("resolution", 0, 100).value_or(0);
  weights.satisfaction = fields.integer("satisfaction", 0, 100).value_or(0);
  if (weights.response + weights.resolution + weights.satisfaction != 100)
    fields.fault("satisfaction", "bad-value", "the three weights are hundredths of the score: 100 together");
  fields.end();
}
}  // namespace

Evaluation::Leaves Evaluation::leaves(std::string_view code) const {
  const auto found = exclusions.find(code);
  return found == exclusions.end()
             ? Leaves{.base = true, .response = false, .resolution = false, .satisfaction = false}
             : found->second;
}

std::int64_t Evaluation::hours_for(std::string_view urgency) const {
  const auto found = duplicate_hours.find(urgency);
  return found == duplicate_hours.end() ? duplicate_hours_otherwise : found->second;
}

Evaluation read_evaluation(const Value* evaluation, const std::string& pointer, Faults& faults) {
  Evaluation out;
  if (evaluation == nullptr) return out;
  Fields fields(*evaluation, pointer, faults);
  out.partly_percent = fields.integer("partly_percent", 0, 100, Need::optional).value_or(out.partly_percent);
  out.basic_percent = fields.integer("basic_percent", 0, 100, Need::optional).value_or(out.basic_percent);
  if (const Value* weights = fields.value("weights", Need::optional))
    read_weights(*weights, fields.at("weights"), faults, out.weights);
  const std::string attempt = fields.text("attempt", Need::optional);
  if (!attempt.empty() && attempt != "first" && attempt != "last")
    fields.fault("attempt", "bad-value", "'attempt' is \"first\" or \"last\"");
  out.last_attempt = attempt == "last";
  if (const Value* exclusions = fields.value("exclusions", Need::optional)) {
    if (const Object* members = exclusions->if_object()) {
      for (const Member& member : *members) {
        Evaluation::Leaves leaves;
        if (!read_leaves(member.value, leaves)) {
          fields.fault(
              "exclusions", "bad-value",
              "'" + member.name + "' lists what the order leaves: base, response, resolution, satisfaction");
        }
        out.exclusions.insert_or_assign(member.name, leaves);
      }
    } else {
      fields.fault("exclusions", "wrong-type", "'exclusions' is an object: a list of rates for each code");
    }
  }
  if (const Value* hours = fields.value("duplicate_hours", Need::optional)) {
    const Object* members = hours->if_object();
    if (members == nullptr) {
      fields.fault("duplicate_hours", "wrong-type", "'duplicate_hours' is an object: hours for each urgency");
    } else {
      for (const Member& member : *members) {
        const std::int64_t* n = member.value.if_int();
        if (n == nullptr || *n < 0 || *n > 8760) {
          fields.fault("duplicate_hours", "out-of-range", "'" + member.name + "' is hours, from 0 to 8760");
        } else if (member.name == "otherwise") {
          out.duplicate_hours_otherwise = *n;
        } else {
          out.duplicate_hours.insert_or_assign(member.name, *n);
        }
      }
    }
  }
  fields.end();
  return out;
}

}  // namespace lastkm::rules
