#include "lienzo/weights/pickle.h"

#include <gtest/gtest.h>

#include <ostream>

#include "../base/expect_error.h"
#include "hand_made.h"

namespace lienzo::weights {
namespace {

using namespace hand_made;

Pickle parse_pickled(const std::string& bytes) {
  return parse_pickle(bytes_of(bytes), "hostile.pth");
}

template <class T>
T value_of(const std::string& body) {
  static std::string kept;  // texts point into it
  kept = kProtocol + body + ".";
  const Pickle pickle = parse_pickled(kept);
  const T* value = pickle.get<T>(pickle.root);
  return value ? *value : T{};
}

TEST(Pickle, ReadsPlainValues) {
  EXPECT_EQ(value_of<bool>("\x88"), true);
  EXPECT_EQ(value_of<int64_t>("K\xff"), 255);
  EXPECT_EQ(value_of<int64_t>("M\xff\xff"), 65535);
  EXPECT_EQ(value_of<int64_t>("J\xfe\xff\xff\xff"), -2);
  EXPECT_EQ(value_of<int64_t>(std::string("\x8a\x00", 2)), 0);
  EXPECT_EQ(value_of<int64_t>("\x8a\x01\xfe"), -2);
  EXPECT_EQ(value_of<int64_t>("\x8a\x03\xff\xff\x7f"), 0x7fffff);
  EXPECT_EQ(value_of<int64_t>("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"), INT64_MAX);
  EXPECT_EQ(value_of<int64_t>(std::string("\x8a\x08\0\0\0\0\0\0\0\x80", 10)), INT64_MIN);
  EXPECT_EQ(value_of<double>(std::string("G\x3f\xf8\0\0\0\0\0\0", 9)), 1.5);
  EXPECT_EQ(value_of<std::string_view>(text("ñ")), "ñ");
  EXPECT_EQ(value_of<std::string_view>("U\x02hi"), "hi");
  EXPECT_EQ(value_of<std::string_view>("T" + le(2, 4) + "hi"), "hi");
}

TEST(Pickle, ReadsCollections) {
  EXPECT_EQ(value_of<PickleTuple>("(K\1K\2K\3K\4t").items.size(), 4u);
  EXPECT_EQ(value_of<PickleTuple>("K\1K\2K\3\x87").items.size(), 3u);
  EXPECT_EQ(value_of<PickleTuple>(")").items.size(), 0u);
  EXPECT_EQ(value_of<PickleList>("](K\1K\2eK\3a").items.size(), 3u);
  EXPECT_EQ(value_of<PickleDict>("}(K\1NK\2Nu" + text("x") + "Ns").items.size(), 3u);
}

TEST(Pickle, ReadsOrderedDictionariesOfEitherPython) {
  const std::string ordered = python_name("collections", "OrderedDict");
  EXPECT_EQ(value_of<PickleDict>(ordered + ")R(K\1Nu").items.size(), 1u);
  EXPECT_EQ(value_of<PickleDict>(ordered + "](](K\1Ne](K\2Nee\x85R").items.size(), 2u);
}

TEST(Pickle, SharesWhatTheMemoRepeats) {
  const Pickle pickle = parse_pickled(kProtocol + "]q\5h\5\x86.");
  const auto* pair = pickle.get<PickleTuple>(pickle.root);
  ASSERT_NE(pair, nullptr);
  EXPECT_EQ(pair->items[0], pair->items[1]);
}

TEST(Pickle, EndsWhereItEnds) { EXPECT_EQ(parse_pickled(kProtocol + "N.and more").bytes, 4u); }

TEST(Pickle, CallsAreRecordedAndNotMade) {
  const auto call = value_of<PickleCall>(python_name("torch._utils", "_rebuild_parameter") + ")R");
  EXPECT_EQ(call.function, GlobalRole::kRebuildParameter);
}

TEST(Pickle, OpaqueObjectsSwallowWhatIsDoneToThem) {
  const std::string object =
      python_name("omegaconf.dictconfig", "DictConfig") + ")\x81}b" + "K\1K\2sK\1aK\1K\2s";
  const std::string counter = python_name("collections", "Counter") + "}\x85R(K\1K\2u";
  const std::string method = python_name("numpy", "dtype") + ")R)R";
  for (const std::string& body : {object, counter, method}) {
    const Pickle pickle = parse_pickled(kProtocol + body + ".");
    EXPECT_NE(pickle.get<PickleOpaque>(pickle.root), nullptr);
  }
}

TEST(Pickle, EveryCutIsRefused) {
  const std::string good = kProtocol + dict(text("a") + tensor({2, 3}, {3, 1})) + ".";
  ASSERT_NO_THROW(parse_pickled(good));
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_THROW(parse_pickled(good.substr(0, length)), Error) << length;
}

/// One way to be wrong, and what the message must say about it.
struct WrongPickle {
  const char* what;
  std::string body;
  ErrorKind kind;
  const char* message;
  friend void PrintTo(const WrongPickle& wrong, std::ostream* out) { *out << wrong.what; }
};

std::vector<WrongPickle> wrong_pickles() {
  constexpr ErrorKind kCorrupt = ErrorKind::kCorrupt;
  constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;
  const std::string ordered = python_name("collections", "OrderedDict");
  const std::string run = "(" + text("touch /tmp/x") + "tR";
  std::vector<WrongPickle> wrong = {
      {"NothingToReturn", "", kCorrupt, "value that is not there"},
      {"TwoResults", "NN", kCorrupt, "values left over"},
      {"OpenMark", "(N", kCorrupt, "values left over"},
      {"NoMark", "Nt", kCorrupt, "lacks a mark"},
      {"BelowTheMark", "K\1(K\2\x86", kCorrupt, "values that are not there"},
      {"MemoOfWhatIsBelowTheMark", "N(q\1t\x86", kCorrupt, "value that is not there"},
      {"ReachesBelowTheMark", "](a", kCorrupt, "not there"},
      {"TooFewForATuple", "N\x87", kCorrupt, "not there"},
      {"MemoOfNothing", "q\1", kCorrupt, "not there"},
      {"MemoLacks", "h\1", kCorrupt, "memo lacks"},
      {"MemoLacksBelow", "Nq\5h\4", kCorrupt, "memo lacks"},
      {"MemoTooLarge", "Nr\xff\xff\xff\xff", kCorrupt, "memo is too large"},
      {"AppendToANumber", "K\1Na", kCorrupt, "appends to the number 1"},
      {"AppendToADict", "}(Ne", kCorrupt, "appends to a dictionary"},
      {"SetItemsOfAList", "]NNs", kCorrupt, "sets items of a list"},
      {"KeyWithoutValue", "}(Nu", kCorrupt, "key without a value"},
      {"BuildOnAList", "]}b", kCorrupt, "attributes of a list"},
      {"BuildOnAText", text("x") + "}b", kCorrupt, "attributes of the text 'x'"},
      {"CallOfAText", text("x") + ")R", kCorrupt, "calls the text 'x'"},
      {"CallOfADict", "})R", kCorrupt, "calls a dictionary"},
      {"CallWithoutATuple", ordered + "]R", kCorrupt, "calls with a list"},
      {"CallOfAStorage",
       python_name("torch", "FloatStorage") + ")R",
       kCorrupt,
       "type of a storage"},
      {"NewDict", ordered + ")\x81", kCorrupt, "makes an object of a Python name"},
      {"NewText", text("x") + ")\x81", kCorrupt, "makes an object of the text"},
      {"DictOfNumbers", ordered + "](K\1e\x85R", kCorrupt, "without pairs"},
      {"DictOfTriples", ordered + "](](NNNee\x85R", kCorrupt, "without pairs"},
      {"DictOfTwo", ordered + "]]\x86R", kCorrupt, "without pairs"},
      {"TextTooLong", "X\xff\xff\xff\xff", kCorrupt, "expected 4294967295"},
      {"TextNotUtf8", "X" + le(1, 4) + "\xff", kCorrupt, "not UTF-8"},
      {"NumberTooLong", "\x8a\x09" + std::string(9, 'x'), kUnsupported, "number of 9 bytes"},
      {"NameTooLong", "c" + std::string(300, 'x') + "\n", kCorrupt, "name too long"},
      {"NameWithoutEnd", "ctorch\n", kCorrupt, "cut off"},
      {"SecondProtocol", "\x80\x02N", kUnsupported, "operation 0x80"},
      // What runs programs elsewhere. The names are refused as such, called or not.
      {"System", python_name("os", "system") + run, kUnsupported, "'os.system'"},
      {"Posix", python_name("posix", "system") + run, kUnsupported, "'posix.system'"},
      {"Evaluate", python_name("__builtin__", "eval") + run, kUnsupported, "'__builtin__.eval'"},
      {"Execute", python_name("builtins", "exec") + run, kUnsupported, "'builtins.exec'"},
      {"GetAttribute", python_name("builtins", "getattr"), kUnsupported, "'builtins.getattr'"},
      {"Subprocess",
       python_name("subprocess", "Popen") + run,
       kUnsupported,
       "nothing of it was run"},
      {"TorchLoad", python_name("torch", "load") + run, kUnsupported, "'torch.load'"},
      {"TorchHub", python_name("torch.hub", "load") + run, kUnsupported, "'torch.hub.load'"},
      {"OtherRebuild",
       python_name("torch._utils", "_rebuild_sparse_tensor"),
       kUnsupported,
       "'torch._utils._rebuild_sparse_tensor'"},
      {"Module",
       python_name("torch.nn.modules.linear", "Linear"),
       kUnsupported,
       "'torch.nn.modules.linear.Linear'"},
      {"LooksLikeLightning",
       python_name("pytorch_lightning_evil", "x"),
       kUnsupported,
       "'pytorch_lightning_evil.x'"},
      {"NumpyFunction", python_name("numpy", "load"), kUnsupported, "'numpy.load'"},
      {"ControlBytes", python_name("a\x1b", "b"), kUnsupported, "'a\\x1b.b'"},
      // Amplifiers.
      {"Marks", times("(", kMaxPickleValues + 1), kCorrupt, "too many marks"},
      {"Values", times("]", kMaxPickleValues + 1), kCorrupt, "more than 2097152 values"},
      {"Stack", "]q\1" + times("h\1", kMaxPickleValues + 1), kCorrupt, "stack grows too high"},
      {"OneListAgainAndAgain",
       "](" + times("](NNe", 10000) + "e\x85q\1" + times(ordered + "h\1R", 300),
       kCorrupt,
       "dictionaries are too large"},
      {"TooLong",
       times(text(std::string(1 << 20, 'x')) + "q\1", 65),
       kCorrupt,
       "longer than 67108864 bytes"},
  };
  // Operations of other protocols, and those that need executing.
  for (const char op :
       std::string("0123IFLSVilodpP\x82\x83\x84\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95"
                   "B"))
    wrong.push_back({"Operation", std::string(1, op), kUnsupported, "has the operation 0x"});
  return wrong;
}

TEST(Pickle, RefusesEachWayToBeWrong) {
  for (const WrongPickle& wrong : wrong_pickles()) {
    SCOPED_TRACE(wrong.what);
    expect_error(
        wrong.kind,
        [&] { parse_pickled(kProtocol + wrong.body + "."); },
        "[hostile.pth] ",
        wrong.message);
  }
}

TEST(Pickle, RefusesOtherProtocols) {
  expect_error(
      ErrorKind::kCorrupt, [] { parse_pickled("N."); }, "begin with its protocol");
  expect_error(
      ErrorKind::kUnsupported, [] { parse_pickled("\x80\x04N."); }, "protocol 4, expected 2");
}

}  // namespace
}  // namespace lienzo::weights
