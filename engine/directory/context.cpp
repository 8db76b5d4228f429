#include "engine/directory/context.h"

#include <algorithm>
#include <array>

#include "engine/directory/register.h"

namespace lastkm::directory {
namespace {

constexpr std::size_t kMaxPlaceDigits = 19;
constexpr std::size_t kMaxKind = 64;

bool is_digits(std::string_view code) {
  return !code.empty() && code.size() <= kMaxPlaceDigits &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

const Body* Context::find_body(const BodyId& id) const {
  return bodies_ == nullptr ? nullptr : bodies_->find(id.value);
}

const Body* Context::body_for(std::string_view kind, std::string_view place) const {
  if (bodies_ == nullptr || kind.empty() || kind.size() > kMaxKind || !is_digits(place)) return nullptr;
  std::array<char, kMaxKind + 1 + kMaxPlaceDigits> key{};
  auto* const code = std::copy(kind.begin(), kind.end(), key.begin());
  *code = '-';
  std::copy(place.begin(), place.end(), code + 1);
  for (const std::size_t length : bodies_->lengths()) {
    if (length > place.size()) continue;
    if (const Body* body = bodies_->find({key.data(), kind.size() + 1 + length})) return body;
  }
  return nullptr;
}

const Place* Context::find_place(std::string_view code) const {
  if (places_ == nullptr || !is_digits(code)) return nullptr;
  for (const std::size_t length : places_->lengths()) {
    if (length > code.size()) continue;
    if (const Place* place = places_->find(code.substr(0, length))) return place;
  }
  return nullptr;
}

const Category* Context::find_category(std::string_view id) const {
  return categories_ == nullptr ? nullptr : categories_->find(id);
}

const calendar::Calendar* Context::working_calendar() const {
  return calendar_.get();
}

const rules::Workflow* Context::find_workflow(std::string_view id, std::int64_t version) const {
  const auto found = workflows_.find({std::string(id), version});
  return found == workflows_.end() ? nullptr : found->second.get();
}

std::vector<const rules::Workflow*> Context::all_workflows() const {
  std::vector<const rules::Workflow*> all;
  for (const auto& [version, workflow] : workflows_) all.push_back(workflow.get());
  return all;
}

const std::vector<const rules::Workflow*>& Context::newest_workflows() const {
  return newest_;
}

std::int32_t Context::offset_minutes() const {
  return calendar_ == nullptr ? 480 : calendar_->offset_minutes;
}

const std::vector<Context::Entry>& Context::documents() const {
  return documents_;
}

}  // namespace lastkm::directory
