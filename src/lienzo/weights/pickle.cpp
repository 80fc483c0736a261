#include "lienzo/weights/pickle.h"

#include <bit>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "lienzo/base/error.h"
#include "lienzo/base/utf8.h"
#include "lienzo/weights/byte_reader.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::weights {

namespace {

constexpr PickleRef kUnset = std::numeric_limits<PickleRef>::max();

/// The operations by their byte in the file.
enum class Op : uint8_t {
  kMark = '(',
  kStop = '.',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBuild = 'b',
  kGlobal = 'c',
  kProto = 0x80,
  kNewObj = 0x81,
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8a,
  kBinFloat = 'G',
  kBinUnicode = 'X',
  kBinString = 'T',       // texts of Python 2
  kShortBinString = 'U',  // the same
  kEmptyTuple = ')',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kTuple = 't',
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
};

class PickleReader {
 public:
  PickleReader(std::span<const std::byte> bytes, std::string_view where) : reader_(bytes, where) {}

  Pickle read() {
    check_protocol();
    while (true) {
      const auto op = static_cast<Op>(reader_.read<uint8_t>());
      if (op == Op::kStop) break;
      apply(op);
      if (reader_.position() > kMaxPickleBytes) {
        reader_.fail("the pickle is longer than " + std::to_string(kMaxPickleBytes) +
                     " bytes; it holds more than weights");
      }
    }
    pickle_.root = pop();
    if (!stack_.empty() || !marks_.empty()) reader_.fail("the pickle ends with values left over");
    pickle_.bytes = reader_.position();
    return std::move(pickle_);
  }

 private:
  using Refs = std::vector<PickleRef>;

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::kUnsupported, "[" + std::string(reader_.where()) + "] " + what);
  }

  void check_protocol() {
    if (static_cast<Op>(reader_.read<uint8_t>()) != Op::kProto)
      reader_.fail("not a pickle, expected it to begin with its protocol");
    const int protocol = reader_.read<uint8_t>();
    if (protocol != 2) {
      refuse("a pickle of protocol " + std::to_string(protocol) +
             ", expected 2, which torch.save writes unless told otherwise");
    }
  }

  void apply(Op op) {
    switch (op) {
      case Op::kMark: return mark();
      case Op::kNone: return push(std::monostate());
      case Op::kNewTrue: return push(true);
      case Op::kNewFalse: return push(false);
      case Op::kBinInt: return push(int64_t{reader_.read<int32_t>()});
      case Op::kBinInt1: return push(int64_t{reader_.read<uint8_t>()});
      case Op::kBinInt2: return push(int64_t{reader_.read<uint16_t>()});
      case Op::kLong1: return push(read_long());
      case Op::kBinFloat: return push(read_float());
      case Op::kBinUnicode:
      case Op::kBinString: return push(read_text(reader_.read<uint32_t>()));
      case Op::kShortBinString: return push(read_text(reader_.read<uint8_t>()));
      case Op::kEmptyTuple: return push(PickleTuple{});
      case Op::kTuple1: return push(PickleTuple{pop_many(1)});
      case Op::kTuple2: return push(PickleTuple{pop_many(2)});
      case Op::kTuple3: return push(PickleTuple{pop_many(3)});
      case Op::kTuple: return push(PickleTuple{pop_to_mark()});
      case Op::kEmptyList: return push(PickleList{});
      case Op::kAppend: return append(pop_many(1));
      case Op::kAppends: return append(pop_to_mark());
      case Op::kEmptyDict: return push(PickleDict{});
      case Op::kSetItem: return set_items(pop_many(2));
      case Op::kSetItems: return set_items(pop_to_mark());
      case Op::kBinGet: return get(reader_.read<uint8_t>());
      case Op::kLongBinGet: return get(reader_.read<uint32_t>());
      case Op::kBinPut: return put(reader_.read<uint8_t>());
      case Op::kLongBinPut: return put(reader_.read<uint32_t>());
      case Op::kGlobal: return push(read_global());
      case Op::kBinPersId: return push(PicklePersistent{pop()});
      case Op::kReduce: return call();
      case Op::kNewObj: return new_object();
      case Op::kBuild: return build();
      case Op::kStop:
      case Op::kProto: break;
    }
    const auto byte = static_cast<unsigned>(op);
    constexpr std::string_view kHex = "0123456789abcdef";
    refuse("the pickle has the operation 0x" + std::string{kHex[byte >> 4], kHex[byte & 15]} +
           " at byte " + std::to_string(reader_.position() - 1) +
           ", which weight files do not need; save the weights alone, or as safetensors");
  }

  // The stack. What lies below the latest mark cannot be taken before the mark is.

  void push_ref(PickleRef ref) {
    if (stack_.size() >= kMaxPickleValues) reader_.fail("the pickle's stack grows too high");
    stack_.push_back(ref);
  }

  template <class T>
  void push(T value) {
    if (pickle_.values.size() >= kMaxPickleValues) {
      reader_.fail("the pickle has more than " + std::to_string(kMaxPickleValues) + " values");
    }
    push_ref(static_cast<PickleRef>(pickle_.values.size()));
    pickle_.values.emplace_back(std::move(value));
  }

  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  PickleRef top() const {
    if (stack_.size() <= floor()) reader_.fail("the pickle takes a value that is not there");
    return stack_.back();
  }

  PickleRef pop() {
    const PickleRef ref = top();
    stack_.pop_back();
    return ref;
  }

  Refs pop_many(size_t count) {
    if (stack_.size() - floor() < count) reader_.fail("the pickle takes values that are not there");
    Refs items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }

  void mark() {
    if (marks_.size() >= kMaxPickleValues) reader_.fail("the pickle has too many marks");
    marks_.push_back(static_cast<PickleRef>(stack_.size()));
  }

  Refs pop_to_mark() {
    if (marks_.empty()) reader_.fail("the pickle lacks a mark");
    Refs items = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  // The memo: values to be used again.

  void put(uint32_t position) {
    if (position >= kMaxPickleValues) reader_.fail("the pickle's memo is too large");
    if (position >= memo_.size()) memo_.resize(position + 1, kUnset);
    memo_[position] = top();
  }

  void get(uint32_t position) {
    if (position >= memo_.size() || memo_[position] == kUnset)
      reader_.fail("the pickle uses a value that its memo lacks");
    push_ref(memo_[position]);
  }

  // Plain values.

  int64_t read_long() {
    const auto length = reader_.read<uint8_t>();
    if (length > 8)
      refuse("the pickle has a number of " + std::to_string(length) + " bytes, expected at most 8");
    const std::string_view bytes = reader_.text(length);
    uint64_t value = 0;
    for (size_t i = 0; i < length; ++i)
      value |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    const bool negative = length > 0 && (bytes[length - 1u] & 0x80) != 0;
    if (negative && length < 8) value |= ~uint64_t{0} << (8 * length);
    return static_cast<int64_t>(value);
  }

  double read_float() {  // the one value that is big-endian
    const std::string_view bytes = reader_.text(8);
    uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
    return std::bit_cast<double>(value);
  }

  std::string_view read_text(uint32_t length) {
    const std::string_view text = reader_.text(length);
    if (!is_valid_utf8(text)) reader_.fail("the pickle has a text that is not UTF-8");
    return text;
  }

  std::string_view read_line() {
    constexpr size_t kLongestLine = 256;
    const size_t begin = reader_.position();
    ByteReader ahead = reader_;
    while (ahead.read<char>() != '\n') {
      if (ahead.position() - begin > kLongestLine) reader_.fail("the pickle has a name too long");
    }
    const std::string_view line = reader_.text(ahead.position() - begin);
    return line.substr(0, line.size() - 1);
  }

  PickleGlobal read_global() {
    const std::string_view module = read_line();
    const std::string_view name = read_line();
    const std::optional<PickleGlobal> global = find_pickle_global(module, name);
    if (!global) {
      refuse("the pickle asks for the Python object " +
             quote_name(std::string(module) + "." + std::string(name)) +
             ", which has no place in a weight file; nothing of it was run. Save the weights "
             "alone, or take the safetensors version of this model");
    }
    return *global;
  }

  // Collections and objects.

  void append(Refs items) {
    PickleValue& target = pickle_.values[top()];
    if (std::holds_alternative<PickleOpaque>(target)) return;
    PickleList* list = std::get_if<PickleList>(&target);
    if (!list) reader_.fail("the pickle appends to " + describe(target));
    list->items.insert(list->items.end(), items.begin(), items.end());
  }

  void set_items(const Refs& items) {
    PickleValue& target = pickle_.values[top()];
    if (items.size() % 2 != 0) reader_.fail("the pickle has a key without a value");
    if (std::holds_alternative<PickleOpaque>(target)) return;
    PickleDict* dict = std::get_if<PickleDict>(&target);
    if (!dict) reader_.fail("the pickle sets items of " + describe(target));
    for (size_t i = 0; i < items.size(); i += 2) dict->items.emplace_back(items[i], items[i + 1]);
  }

  void call() {
    const PickleRef arguments = pop();
    const PickleRef callee = pop();
    if (!pickle_.get<PickleTuple>(arguments))
      reader_.fail("the pickle calls with " + describe(pickle_[arguments]) + ", expected a tuple");
    if (pickle_.get<PickleOpaque>(callee)) return push(PickleOpaque{});
    const PickleGlobal* global = pickle_.get<PickleGlobal>(callee);
    if (!global) reader_.fail("the pickle calls " + describe(pickle_[callee]));
    switch (global->role) {
      case GlobalRole::kOrderedDict: return push(ordered_dict(arguments));
      case GlobalRole::kOpaque: return push(PickleOpaque{});
      case GlobalRole::kRebuildTensor:
      case GlobalRole::kRebuildParameter: return push(PickleCall{global->role, arguments});
      case GlobalRole::kStorage: break;
    }
    reader_.fail("the pickle calls the type of a storage");
  }

  /// Python 2 passes the items, ([[key, value], ...],), Python 3 sets them afterwards.
  PickleDict ordered_dict(PickleRef arguments) {
    PickleDict dict;
    const Refs& given = pickle_.get<PickleTuple>(arguments)->items;
    if (given.empty()) return dict;
    const PickleList* pairs = pickle_.get<PickleList>(given[0]);
    if (!pairs || given.size() != 1) reader_.fail("the pickle fills a dictionary without pairs");
    // A pickle could name one long list again and again.
    copied_pairs_ += pairs->items.size();
    if (copied_pairs_ > kMaxPickleValues) reader_.fail("the pickle's dictionaries are too large");
    for (const PickleRef ref : pairs->items) {
      const PickleList* pair = pickle_.get<PickleList>(ref);
      if (!pair || pair->items.size() != 2)
        reader_.fail("the pickle fills a dictionary without pairs");
      dict.items.emplace_back(pair->items[0], pair->items[1]);
    }
    return dict;
  }

  void new_object() {
    const PickleRef arguments = pop();
    const PickleRef type = pop();
    const PickleGlobal* global = pickle_.get<PickleGlobal>(type);
    if (!pickle_.get<PickleTuple>(arguments) || !global || global->role != GlobalRole::kOpaque)
      reader_.fail("the pickle makes an object of " + describe(pickle_[type]));
    push(PickleOpaque{});
  }

  /// Attributes, such as the versions of modules that a state_dict carries: they are not kept.
  void build() {
    pop();
    const PickleValue& target = pickle_[top()];
    if (!std::holds_alternative<PickleDict>(target) &&
        !std::holds_alternative<PickleCall>(target) &&
        !std::holds_alternative<PickleOpaque>(target)) {
      reader_.fail("the pickle sets attributes of " + describe(target));
    }
  }

  ByteReader reader_;
  Pickle pickle_;
  Refs stack_;
  Refs marks_;  // heights of the stack
  Refs memo_;
  size_t copied_pairs_ = 0;
};

}  // namespace

std::string describe(const PickleValue& value) {
  struct Words {
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool truth) const { return truth ? "True" : "False"; }
    std::string operator()(int64_t number) const { return "the number " + std::to_string(number); }
    std::string operator()(double) const { return "a fraction"; }
    std::string operator()(std::string_view text) const { return "the text " + quote_name(text); }
    std::string operator()(const PickleTuple&) const { return "a tuple"; }
    std::string operator()(const PickleList&) const { return "a list"; }
    std::string operator()(const PickleDict&) const { return "a dictionary"; }
    std::string operator()(const PickleGlobal&) const { return "a Python name"; }
    std::string operator()(const PicklePersistent&) const { return "a storage"; }
    std::string operator()(const PickleCall&) const { return "a tensor"; }
    std::string operator()(const PickleOpaque&) const { return "a Python object"; }
  };
  return std::visit(Words(), value);
}

Pickle parse_pickle(std::span<const std::byte> bytes, std::string_view where) {
  return PickleReader(bytes, where).read();
}

}  // namespace lienzo::weights
