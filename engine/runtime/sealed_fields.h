// Which fields of a command are free text or personal, by every workflow ever published: these are sealed at
// intake.
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
class SealedFields {
 public:
  [[nodiscard]] std::shared_ptr<const std::set<std::string>> of(std::string_view command,
                                                                const directory::Context& published) {
    const std::lock_guard lock(mutex_);
    if (published.ordinal != known_) {
      std::map<std::string, std::set<std::string>> fields;
      for (const rules::Workflow* workflow : published.newest_workflows()) {
        for (const rules::CommandRule& rule : workflow->commands) {
          for (const rules::Field& field : rule.fields) {
            if (field.kind == rules::FieldKind::text || field.kind == rules::FieldKind::caller) {
              fields[rule.name].insert(field.name);
            }
          }
        }
      }
      by_command_.clear();
      for (auto& [name, names] : fields)
        by_command_[name] = std::make_shared<const std::set<std::string>>(std::move(names));
      known_ = published.ordinal;
    }
    static const auto kNone = std::make_shared<const std::set<std::string>>();
    const auto found = by_command_.find(command);
    return found == by_command_.end() ? kNone : found->second;
  }

 private:
  std::mutex mutex_;
  DirectoryOrdinal known_{-1};
  std::map<std::string, std::shared_ptr<const std::set<std::string>>, std::less<>> by_command_;
};

}  // namespace lastkm::runtime
