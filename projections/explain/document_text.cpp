#include "projections/explain/document_text.h"

#include "engine/base/fields.h"
#include "engine/record/canonical.h"

namespace lastkm::explain {

namespace {

constexpr std::size_t kColumns = 110;

class Writer {
 public:
  DocumentText write(const Value& document) {
    value(document, "", 0, 0);
    out_.text += '\n';
    return std::move(out_);
  }

 private:
  /// On one line, with a space after commas and colons.
  void compact(std::string& into, const Value& value, const std::string& pointer) {
    out_.lines.insert_or_assign(pointer, line_);
    if (const Object* object = value.if_object()) {
      into += '{';
      for (const Member& member : *object) {
        if (into.back() != '{') into += ", ";
        into += record::quoted(member.name);
        into += ": ";
        compact(into, member.value, child(pointer, member.name));
      }
      into += '}';
    } else if (const Array* array = value.if_array()) {
      into += '[';
      for (std::size_t i = 0; i < array->size(); ++i) {
        if (i > 0) into += ", ";
        compact(into, (*array)[i], child(pointer, i));
      }
      into += ']';
    } else {
      into += record::canonical(value);
    }
  }

  void start_line(std::size_t indent) {
    out_.text += '\n';
    out_.text.append(indent, ' ');
    ++line_;
  }

  /// `before`: columns that stand on the line already.
  void value(const Value& value, const std::string& pointer, std::size_t indent, std::size_t before) {
    const Object* object = value.if_object();
    const Array* array = value.if_array();
    const bool scalar = object == nullptr && array == nullptr;
    // The canonical text is at most as long as the one written here.
    if (scalar || record::canonical(value).size() + before <= kColumns) {
      std::string text;
      compact(text, value, pointer);
      if (scalar || text.size() + before <= kColumns) {
        out_.text += text;
        return;
      }
    }
    out_.lines.insert_or_assign(pointer, line_);
    const char* separator = object != nullptr ? "{" : "[";
    std::size_t index = 0;
    const auto item = [&](const std::string& name, const Value& held, const std::string& at) {
      out_.text += separator;
      separator = ",";
      start_line(indent + 2);
      std::string label;
      if (object != nullptr) {
        label += record::quoted(name);
        label += ": ";
      }
      out_.text += label;
      this->value(held, at, indent + 2, indent + 2 + label.size());
    };
    if (object != nullptr) {
      for (const Member& member : *object) item(member.name, member.value, child(pointer, member.name));
    } else {
      for (const Value& held : *array) item("", held, child(pointer, index++));
    }
    start_line(indent);
    out_.text += object != nullptr ? '}' : ']';
  }

  DocumentText out_;
  int line_ = 1;
};

}  // namespace

DocumentText document_text(const Value& document) {
  return Writer().write(document);
}

int line_of(const DocumentText& text, std::string_view pointer) {
  while (true) {
    if (const auto found = text.lines.find(pointer); found != text.lines.end()) return found->second;
    const auto slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return 1;
    pointer = pointer.substr(0, slash);
  }
}

}  // namespace lastkm::explain
