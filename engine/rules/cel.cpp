#include "engine/rules/cel.h"

#include <algorithm>
#include <utility>

#include "engine/rules/cel_ast.h"

namespace lastkm::rules {

struct Program::About {
  std::string text;
  std::vector<std::string> facts;
};

const std::string& Program::text() const {
  static const std::string none;
  return about_ == nullptr ? none : about_->text;
}

Type Program::type() const {
  return root_ == nullptr ? Type::null : root_->type;
}

const std::vector<std::string>& Program::facts() const {
  static const std::vector<std::string> none;
  return about_ == nullptr ? none : about_->facts;
}

Result<Program> compile(std::string_view text, const Vocabulary& vocabulary) {
  auto tree = parse_cel(text);
  if (!tree) return tree.error();
  auto about = std::make_shared<Program::About>();
  about->text = text;
  if (const Status checked = check_cel(**tree, vocabulary, about->facts); !checked) return checked.error();
  std::sort(about->facts.begin(), about->facts.end());
  about->facts.erase(std::unique(about->facts.begin(), about->facts.end()), about->facts.end());
  Program program;
  program.root_ = std::shared_ptr<const Node>(std::move(*tree));
  program.about_ = std::move(about);
  return program;
}

std::string_view name_of(Op op) {
  switch (op) {
    case Op::literal:
      return "literal";
    case Op::fact:
      return "fact";
    case Op::has:
      return "has";
    case Op::negation:
      return "!";
    case Op::minus:
      return "-";
    case Op::conjunction:
      return "&&";
    case Op::disjunction:
      return "||";
    case Op::equal:
      return "==";
    case Op::unequal:
      return "!=";
    case Op::less:
      return "<";
    case Op::less_equal:
      return "<=";
    case Op::greater:
      return ">";
    case Op::greater_equal:
      return ">=";
    case Op::in:
      return "in";
    case Op::add:
      return "+";
    case Op::subtract:
      return "-";
    case Op::multiply:
      return "*";
    case Op::divide:
      return "/";
    case Op::modulo:
      return "%";
    case Op::choose:
      return "?:";
    case Op::size:
      return "size";
    case Op::min:
      return "min";
    case Op::max:
      return "max";
    case Op::starts_with:
      return "startsWith";
    case Op::ends_with:
      return "endsWith";
    case Op::contains:
      return "contains";
    case Op::to_integer:
      return "int";
    case Op::to_boolean:
      return "bool";
    case Op::to_text:
      return "string";
    case Op::call:
      return "call";
  }
  return "";
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::null:
      return "null";
    case Type::boolean:
      return "a boolean";
    case Type::integer:
      return "an integer";
    case Type::text:
      return "a text";
    case Type::texts:
      return "a list of texts";
  }
  return "";
}

Error cel_error(std::string code, std::string message, std::uint32_t column) {
  return Error{ErrorKind::bad_input, std::move(code), std::move(message), "+" + std::to_string(column)};
}

}  // namespace lastkm::rules
