#include "lienzo/provenance/record.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lienzo/base/error.h"
#include "lienzo/base/version.h"

namespace lienzo::provenance {
namespace {

Record make_record() {
  Record record;
  record.prompt = "un cubo rojo encima de un cañón azul";
  record.seed = 42;
  record.steps = 20;
  record.sampler = "Euler";
  record.guidance = 1;
  record.width = 256;
  record.height = 256;
  record.model = "lienzo-mini";
  record.model_hash = "abcdef1234";
  record.version = "lienzo 0.1.0";
  return record;
}

Record make_full_record() {
  Record record = make_record();
  record.negative_prompt = "niebla, \"lluvia\" <&>";
  record.prompt = " dos líneas,\n\nNegative prompt: no de verdad \U0001F3A8\n";
  record.seed = 18446744073709551615u;
  record.guidance = 7.25;
  record.scene = Json::parse(R"({"background":"noche","objects":[{"shape":"cubo","x":0.1}]})");
  record.extra = {{"eta", 0.5}, {"language", "es"}};
  return record;
}

template <typename Function>
void expect_error(ErrorKind kind, std::string_view part, Function function) {
  try {
    function();
    ADD_FAILURE() << "no error, expected one that says: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(name(error.kind()), name(kind)) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos) << error.what();
  }
}

TEST(Parameters, AreTheTextOfAutomatic1111) {
  Record record = make_record();
  const std::string settings =
      "Steps: 20, Sampler: Euler, CFG scale: 1, Seed: 42, Size: 256x256, Model hash: abcdef1234, "
      "Model: lienzo-mini, "
      "Version: lienzo 0.1.0";
  EXPECT_EQ(to_parameters(record), record.prompt + "\n" + settings);
  record.negative_prompt = "niebla";
  EXPECT_EQ(to_parameters(record), record.prompt + "\nNegative prompt: niebla\n" + settings);
  record.prompt.clear();
  record.model_hash.clear();
  record.guidance = 7.5;
  record.model = "a, b: \"ñ\"\nc";
  EXPECT_EQ(to_parameters(record),
            "Negative prompt: niebla\nSteps: 20, Sampler: Euler, CFG scale: 7.5, Seed: 42, Size: "
            "256x256, "
            "Model: \"a, b: \\\"ñ\\\"\\nc\", Version: lienzo 0.1.0");
}

TEST(Parameters, ComeBack) {
  Record record = make_record();
  EXPECT_EQ(record_from_parameters(to_parameters(record), "test"), record);
  record.prompt = "primera línea: una\nsegunda, dos";
  record.negative_prompt = "niebla\nlluvia";
  record.seed = 18446744073709551615u;
  record.guidance = 0.1;
  record.model = "con, coma: y \"comillas\" \\";
  record.sampler = "\"entre comillas\"";
  EXPECT_EQ(record_from_parameters(to_parameters(record), "test"), record);
  record = make_record();
  record.prompt.clear();
  EXPECT_EQ(record_from_parameters(to_parameters(record), "test"), record);
}

TEST(Parameters, OfOtherProgramsAreRead) {
  const Record record = record_from_parameters(
      "a cat, (sitting:1.2)\nNegative prompt: blurry\nSteps: 30, Sampler: DPM++ 2M Karras, CFG "
      "scale: 6.5, Seed: 7, "
      "Size: 512x768, Model hash: 6ce0161689, Model: v1-5, Lora hashes: \"a: 11, b: 22\", Clip "
      "skip: 2, Version: v1.6.0",
      "test");
  EXPECT_EQ(record.prompt, "a cat, (sitting:1.2)");
  EXPECT_EQ(record.negative_prompt, "blurry");
  EXPECT_EQ(record.sampler, "DPM++ 2M Karras");
  EXPECT_EQ(record.guidance, 6.5);
  EXPECT_EQ(record.height, 768);
  EXPECT_EQ(record.version, "v1.6.0");
  EXPECT_EQ(record.extra, (Json{{"Lora hashes", "a: 11, b: 22"}, {"Clip skip", "2"}}));
}

TEST(Parameters, ThatMakeNoSenseAreRefused) {
  for (const char* text :
       {"", "\n\n", "only a prompt", "a: b, c: d", "ab: \"", "Steps: 1, Seed: 2"}) {
    expect_error(
        ErrorKind::kInvalidInput, "no settings", [&] { record_from_parameters(text, "test"); });
  }
  const auto parse = [](const std::string& field) {
    record_from_parameters("p\nSampler: Euler, Model: m, " + field, "test");
  };
  expect_error(ErrorKind::kInvalidInput, "Steps is 'many'", [&] { parse("Steps: many"); });
  expect_error(ErrorKind::kInvalidInput, "Seed is '-1'", [&] { parse("Seed: -1"); });
  expect_error(ErrorKind::kInvalidInput, "Steps is -3", [&] { parse("Steps: -3"); });
  expect_error(ErrorKind::kInvalidInput, "Size is ''", [&] { parse("Size: 512"); });
  expect_error(ErrorKind::kInvalidInput, "Seed is '99999999999999999999'", [&] {
    parse("Seed: 99999999999999999999");
  });
  EXPECT_NO_THROW(parse("Model hash: \"unclosed, \\"));
}

TEST(RecordJson, ComesBackWhole) {
  for (const Record& record : {make_record(), make_full_record()}) {
    EXPECT_EQ(record_from_json(Json::parse(to_json(record).dump()), "test"), record);
  }
  EXPECT_EQ(Record().version, "lienzo " + std::string(lienzo::version()));
}

TEST(RecordJson, WrongOnesAreRefused) {
  const auto with = [](const char* key, const Json& value) {
    Json json = to_json(make_full_record());
    json[key] = value;
    record_from_json(json, "the record in a.png");
  };
  expect_error(ErrorKind::kUnsupported, "later version", [&] { with("format", 2); });
  expect_error(ErrorKind::kInvalidInput, "format", [&] { with("format", 0); });
  expect_error(ErrorKind::kInvalidInput, "seed", [&] { with("seed", -1); });
  expect_error(ErrorKind::kInvalidInput, "seed", [&] { with("seed", "1"); });
  expect_error(ErrorKind::kInvalidInput, "steps", [&] { with("steps", 1e300); });
  expect_error(ErrorKind::kInvalidInput, "steps", [&] { with("steps", -1); });
  expect_error(ErrorKind::kInvalidInput, "width", [&] { with("width", 0); });
  expect_error(ErrorKind::kInvalidInput, "prompt", [&] { with("prompt", Json::array()); });
  expect_error(ErrorKind::kInvalidInput, "extra", [&] { with("extra", 1); });
  expect_error(ErrorKind::kInvalidInput, "stepz", [&] { with("stepz", 1); });
  Json without = to_json(make_record());
  without.erase("seed");
  expect_error(
      ErrorKind::kInvalidInput, "a.png", [&] { record_from_json(without, "the record in a.png"); });
  expect_error(ErrorKind::kInvalidInput, "test", [&] { record_from_json(Json(1), "test"); });
}

class RecordFile : public testing::TestWithParam<const char*> {
 protected:
  RecordFile() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "lienzo-record-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / (std::string("picture.") + GetParam());
    for (size_t i = 0; i < image_.pixels.size(); ++i)
      image_.pixels[i] = static_cast<uint8_t>(i * 7);
  }
  ~RecordFile() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_, path_;
  image::Image image_{24, 16, 3};
};

TEST_P(RecordFile, CarriesTheWholeRecord) {
  for (const Record& record : {make_record(), make_full_record()}) {
    write_picture(path_, image_, record);
    EXPECT_EQ(read_record(path_), record);
    const auto text = image::read_image_text(path_);
    EXPECT_EQ(text.at("parameters"), to_parameters(record));
    EXPECT_EQ(Json::parse(text.at("lienzo")), to_json(record));
    EXPECT_EQ(image::read_image(path_).width, 24);
  }
}

TEST_P(RecordFile, FallsBackToTheParametersOfOthers) {
  image::write_image(path_, image_, {.text = {{"parameters", to_parameters(make_record())}}});
  EXPECT_EQ(read_record(path_), make_record());
  image::write_image(path_, image_, {.text = {{"parameters", "taken with my camera"}}});
  expect_error(ErrorKind::kInvalidInput, path_.string(), [&] { read_record(path_); });
}

TEST_P(RecordFile, SaysWhenThereIsNone) {
  expect_error(ErrorKind::kNotFound, path_.string(), [&] { read_record(path_); });
  image::write_image(path_, image_);
  expect_error(ErrorKind::kNotFound, "carries no record", [&] { read_record(path_); });
  std::ofstream(path_) << "hola";
  expect_error(ErrorKind::kUnsupported, path_.string(), [&] { read_record(path_); });
}

TEST_P(RecordFile, DistrustsWhatItReads) {
  const auto read = [&](const std::string& json) {
    image::write_image(path_, image_, {.text = {{"lienzo", json}}});
    read_record(path_);
  };
  expect_error(ErrorKind::kCorrupt, "not valid JSON", [&] { read("{\"format\":1"); });
  expect_error(ErrorKind::kCorrupt, "nested deeper", [&] { read(std::string(20000, '[')); });
  expect_error(ErrorKind::kInvalidInput, path_.string(), [&] { read("[]"); });
}

TEST_P(RecordFile, TextsThatAreNoUtf8AreRefused) {
  Record record = make_record();
  record.prompt = "caf\xe9";
  expect_error(ErrorKind::kInvalidInput, "'prompt'", [&] { write_picture(path_, image_, record); });
  record = make_record();
  record.extra["x"] = "caf\xe9";
  expect_error(ErrorKind::kInvalidInput, "JSON", [&] { write_picture(path_, image_, record); });
  EXPECT_FALSE(std::filesystem::exists(path_));
}

INSTANTIATE_TEST_SUITE_P(Formats,
                         RecordFile,
                         testing::Values("png", "jpg", "webp"),
                         [](const auto& param_info) { return std::string(param_info.param); });

TEST(Record, SpeaksOtherProgramsWordsInTheirText) {
  Record record;
  record.prompt = "a fox";
  record.steps = 20;
  record.sampler = "dpmpp_2m";
  record.width = record.height = 512;
  record.version = "lienzo 1";
  record.elsewhere = {{"Sampler", "DPM++ 2M"}, {"Schedule type", "Karras"}};
  const std::string text = to_parameters(record);
  EXPECT_NE(text.find("Sampler: DPM++ 2M, "), std::string::npos) << text;
  EXPECT_NE(text.find("Schedule type: Karras, Version: lienzo 1"), std::string::npos) << text;
  const Record back = record_from_parameters(text, "test");
  EXPECT_EQ(back.sampler, "DPM++ 2M");
  EXPECT_EQ(back.extra.value("Schedule type", ""), "Karras");
  EXPECT_EQ(record_from_json(to_json(record), "test").sampler, "dpmpp_2m");
}

}  // namespace
}  // namespace lienzo::provenance
