// Which fields of a command are free text or personal, by every workflow ever published: these are sealed at intake.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "engine/directory/context.h"

namespace lastkm::runtime {

/// Thread-safe.
class SealedFields {
 public:
  [[nodiscard]] std::set<std::string> of(std::string_view command, const directory::Context& published) {
    const std::lock_guard lock(mutex_);
    if (published.ordinal != known_) {
      by_command_.clear();
      for (const rules::Workflow* workflow : published.newest_workflows()) {
        for (const rules::CommandRule& rule : workflow->commands) {
          for (const rules::Field& field : rule.fields) {
            if (field.kind == rules::FieldKind::text || field.kind == rules::FieldKind::caller) {
              by_command_[rule.name].insert(field.name);
            }
          }
        }
      }
      known_ = published.ordinal;
    }
    const auto found = by_command_.find(std::string(command));
    return found == by_command_.end() ? std::set<std::string>{} : found->second;
  }

 private:
  std::mutex mutex_;
  DirectoryOrdinal known_{-1};
  std::map<std::string, std::set<std::string>> by_command_;
};

}  // namespace lastkm::runtime
