#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "engine/log/kafka_log_client.h"

namespace lastkm::log {

namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

/// A folder can be opened too, and seems empty.
bool is_file(const std::string& path) {
  std::error_code failed;
  return !std::filesystem::is_directory(path, failed);
}

}  // namespace

Result<KafkaSettings> read_kafka_settings(const std::string& file) {
  constexpr std::string_view kFile = ".file";
  std::ifstream in(file);
  if (!in || !is_file(file))
    return Error{ErrorKind::not_found, "no-such-file",
                 "there is no file " + file + " with settings for Kafka", file};
  KafkaSettings out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    const std::size_t equals = text.find('=');
    const std::string at = file + ":" + std::to_string(number);
    if (equals == std::string::npos || equals == 0)
      return Error{ErrorKind::bad_input, "bad-setting",
                   at + ": a line is NAME=VALUE, NAME.file=PATH or a remark after #", at};
    std::string name = trimmed(text.substr(0, equals));
    std::string value = trimmed(text.substr(equals + 1));
    if (name.ends_with(kFile)) {
      name.resize(name.size() - kFile.size());
      const std::string from = std::exchange(value, {});
      std::ifstream secret(from, std::ios::binary);
      if (secret && is_file(from)) value.assign(std::istreambuf_iterator<char>(secret), {});
      while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
      if (value.empty())
        return Error{ErrorKind::bad_input, "bad-setting",
                     at + ": " + name + " is to come from " + from + ", which is empty or cannot be read",
                     at};
    }
    if (name == "bootstrap.servers")
      return Error{ErrorKind::bad_input, "bad-setting", at + ": the brokers are given as --brokers", at};
    if (const auto fault = kafka::fault_of_setting(name, value))
      return Error{ErrorKind::bad_input, "bad-setting", at + ": " + *fault, at};
    if (!out.emplace(name, value).second)
      return Error{ErrorKind::bad_input, "bad-setting", at + ": " + name + " stands twice", at};
  }
  return out;
}

}  // namespace lastkm::log
