#include "lienzo/hub/model_catalog.h"

#include <set>

#include "../base/expect_error.h"
#include "lienzo/hub/hub_client.h"

namespace lienzo::hub {
namespace {

TEST(ModelCatalog, EveryEntryIsWhole) {
  std::set<std::string_view> names;
  for (const CatalogEntry& entry : model_catalog()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_NO_THROW(check_repo_name(std::string(entry.repo)));
    EXPECT_FALSE(entry.what.empty() || entry.licence.empty()) << entry.name;
    EXPECT_GT(entry.gigabytes, 0) << entry.name;
    EXPECT_EQ(entry.name.find('/'), std::string_view::npos);
    EXPECT_NE(entry.name, kVocabularyFolder);
    EXPECT_EQ(find_in_catalog(entry.name), &entry);
  }
  EXPECT_NE(find_in_catalog(kClipVocabulary), nullptr);
  EXPECT_EQ(find_in_catalog("sd"), nullptr);
}

TEST(ModelReference, ReadsNamesRepositoriesRevisionsAndFiles) {
  EXPECT_EQ(parse_model_reference("sdxl"),
            (ModelReference{"sdxl", "stabilityai/stable-diffusion-xl-base-1.0", "", ""}));
  EXPECT_EQ(parse_model_reference("a/b"), (ModelReference{"a/b", "a/b", "", ""}));
  EXPECT_EQ(parse_model_reference("a/b@refs/pr/1:c/d.safetensors"),
            (ModelReference{"a/b", "a/b", "refs/pr/1", "c/d.safetensors"}));
  EXPECT_EQ(parse_model_reference("a/b:c@d"), (ModelReference{"a/b", "a/b", "", "c@d"}));
}

TEST(ModelReference, RefusesTheRest) {
  expect_error(
      ErrorKind::kNotFound,
      [] { parse_model_reference("sd15"); },
      "no model 'sd15' is known",
      ", did you mean 'sd1.5'?",
      "OWNER/REPO",
      "taesdxl");
  for (const char* text : {"a/", "a/b/c", "a/b c", "https://huggingface.co/a/b"})
    expect_error(
        ErrorKind::kInvalidInput, [&] { parse_model_reference(text); }, text[0] == 'h' ? "" : "a/");
  for (const char* text : {"a/b:", "a/b:../c", "a/b:/c"})
    expect_error(
        ErrorKind::kInvalidInput, [&] { parse_model_reference(text); }, "no file of a repository");
}

}  // namespace
}  // namespace lienzo::hub
