// What the published workflows say of commands before anything is decided.
//
// Which members of a command's data may stand in the log in the clear: those that any version of a published
// workflow knows, for cases stay under the version that they were opened under; but none that a newest
// version declares as free text or personal.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "engine/directory/context.h"

namespace lastkm::runtime {

/// Thread-safe.
class KnownCommands {
 public:
  [[nodiscard]] std::shared_ptr<const std::set<std::string>> plain_fields(
      std::string_view command, const directory::Context& published) {
    const std::lock_guard lock(mutex_);
    learn(published);
    static const auto kNone = std::make_shared<const std::set<std::string>>();
    const auto found = by_command_.find(command);
    return found == by_command_.end() ? kNone : found->second;
  }
  /// Whether a command of this name opens a case, in any version.
  [[nodiscard]] bool opens(std::string_view command, const directory::Context& published) {
    const std::lock_guard lock(mutex_);
    learn(published);
    return opening_.contains(command);
  }

 private:
  void learn(const directory::Context& published) {
    if (published.ordinal == known_) return;
    std::map<std::string, std::set<std::string>> plain, sealed;
    const auto seals = [](const rules::Field& field) {
      return field.kind == rules::FieldKind::text || field.kind == rules::FieldKind::caller;
    };
    for (const rules::Workflow* workflow : published.all_workflows()) {
      for (const rules::CommandRule& rule : workflow->commands) {
        if (rule.opens) opening_.insert(rule.name);
        for (const rules::Field& field : rule.fields) {
          if (!seals(field)) plain[rule.name].insert(field.name);
        }
      }
    }
    for (const rules::Workflow* workflow : published.newest_workflows()) {
      for (const rules::CommandRule& rule : workflow->commands) {
        for (const rules::Field& field : rule.fields) {
          if (seals(field)) sealed[rule.name].insert(field.name);
        }
      }
    }
    by_command_.clear();
    for (auto& [name, names] : plain) {
      for (const std::string& other : sealed[name]) names.erase(other);
      by_command_[name] = std::make_shared<const std::set<std::string>>(std::move(names));
    }
    known_ = published.ordinal;
  }

  std::mutex mutex_;
  DirectoryOrdinal known_{-1};
  std::map<std::string, std::shared_ptr<const std::set<std::string>>, std::less<>> by_command_;
  std::set<std::string, std::less<>> opening_;
};

}  // namespace lastkm::runtime
