#include "engine/log/event_log.h"

namespace lastkm::log {

std::string_view name_of(Topic topic) {
  switch (topic) {
    case Topic::commands:
      return "commands";
    case Topic::decisions:
      return "decisions";
    case Topic::directory:
      return "directory";
    case Topic::meta:
      return "meta";
  }
  return "";
}

}  // namespace lastkm::log
