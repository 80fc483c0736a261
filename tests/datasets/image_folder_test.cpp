#include "lienzo/datasets/image_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <thread>

#include "lienzo/base/error.h"
#include "lienzo/base/file.h"
#include "lienzo/image/io.h"

namespace lienzo::datasets {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Left half red, right half blue; `green` tells pictures apart.
image::Image two_halves(int width, int height, uint8_t green = 0) {
  image::Image picture(width, height, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = picture.at(x, y);
      pixel[0] = x < width / 2 ? 255 : 0;
      pixel[1] = green;
      pixel[2] = x < width / 2 ? 0 : 255;
    }
  }
  return picture;
}

class ImageFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("lienzo_image_folder_" + std::to_string(getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "sub");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void picture(const std::string& name, int width = 8, int height = 8, uint8_t green = 0) {
    image::write_image(folder_ / name, two_halves(width, height, green));
  }
  void text(const std::string& name, const std::string& content) {
    write_file_atomic(folder_ / name, content);
  }

  std::string message(ErrorKind kind, const ImageFolderReading& options = {}) {
    try {
      read_image_folder(folder_, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }

  fs::path folder_;
};

TEST_F(ImageFolder, ListsPicturesButNoHiddenOnes) {
  fs::create_directories(folder_ / ".cache");
  fs::create_directories(folder_ / "folder.png");
  for (const char* name : {"sub/c.jpeg", "sub-2.webp", "B.PNG", "a.jpg", "folder.png/d.png"})
    text(name, "never opened");
  for (const char* name : {".hidden.png", ".cache/e.png", "sub/.f.png", "a.txt", "sub/png"})
    text(name, "no picture");
  const std::vector<std::string> expected = {
      "B.PNG", "a.jpg", "folder.png/d.png", "sub-2.webp", "sub/c.jpeg"};
  EXPECT_EQ(list_pictures(folder_), expected);
  EXPECT_EQ(list_pictures(folder_ / ""), expected);
  try {
    list_pictures(folder_ / "nowhere");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("nowhere] no such folder"));
  }
}

TEST_F(ImageFolder, ReadsMetadataJsonl) {
  picture("b.png");
  picture("sub/a.jpg");
  text("metadata.jsonl",
       "\xEF\xBB\xBF{\"file_name\": \"sub/a.jpg\", \"text\": \" un gato\\nnegro \", \"width\": "
       "3}\r\n\n"
       "{\"file_name\": \"./b.png\", \"caption\": \"a dog\"}");
  const std::vector<CaptionedImage> expected = {{folder_ / "b.png", "a dog"},
                                                {folder_ / "sub/a.jpg", "un gato negro"}};
  EXPECT_EQ(read_image_folder(folder_), expected);
}

TEST_F(ImageFolder, ReadsMetadataCsv) {
  picture("a.png");
  picture("b.png");
  text("metadata.csv",
       "id,file_name,prompt\r\n1,b.png,\"a \"\"big\"\" dog,\nred\"\r\n2,a.png,cat\n");
  const std::vector<CaptionedImage> expected = {{folder_ / "a.png", "cat"},
                                                {folder_ / "b.png", "a \"big\" dog, red"}};
  EXPECT_EQ(read_image_folder(folder_), expected);
}

TEST_F(ImageFolder, ReadsTextBesidePictures) {
  picture("B.PNG");
  picture("a.webp");
  picture("sub/c.jpeg");
  text("B.txt", "una casa\n");
  text("a.txt", "a tree");
  text("sub/c.txt", "the sea");
  text(".hidden.png", "not a picture");
  const std::vector<CaptionedImage> expected = {{folder_ / "B.PNG", "una casa"},
                                                {folder_ / "a.webp", "a tree"},
                                                {folder_ / "sub/c.jpeg", "the sea"}};
  EXPECT_EQ(read_image_folder(folder_), expected);
}

TEST_F(ImageFolder, NamesPicturesWithoutCaption) {
  picture("a.png");
  picture("b.png");
  picture("c.png");
  text("a.txt", "a cat");
  text("b.txt", "  \n");
  EXPECT_THAT(message(ErrorKind::kInvalidInput),
              HasSubstr("2 pictures without a caption: b.png, c.png"));
  EXPECT_EQ(read_image_folder(folder_, {.skip_uncaptioned = true}).size(), 1u);
  text("metadata.jsonl",
       "{\"file_name\": \"a.png\", \"text\": \"x\"}\n{\"file_name\": \"c.png\"}\n");
  EXPECT_THAT(message(ErrorKind::kInvalidInput), HasSubstr("without a caption: b.png, c.png"));
}

TEST_F(ImageFolder, SaysWhatAFolderShouldHave) {
  EXPECT_THAT(message(ErrorKind::kNotFound), HasSubstr("metadata.jsonl or metadata.csv"));
  picture("a.png");
  EXPECT_THAT(message(ErrorKind::kInvalidInput, {.skip_uncaptioned = true}),
              HasSubstr("cat.txt for cat.png"));
  folder_ /= "nowhere";
  EXPECT_THAT(message(ErrorKind::kNotFound), HasSubstr("no such folder"));
}

TEST_F(ImageFolder, RefusesPathsThatLeaveTheFolder) {
  picture("a.png");
  for (const char* name : {"../a.png", "/etc/a.png", "sub/../../a.png", "..\\\\a.png", ""}) {
    text("metadata.jsonl", std::string("{\"file_name\": \"") + name + "\", \"text\": \"x\"}");
    EXPECT_THAT(message(ErrorKind::kInvalidInput), HasSubstr("leads out of the folder")) << name;
  }
}

TEST_F(ImageFolder, RefusesBadMetadata) {
  picture("a.png");
  const auto jsonl = [&](const std::string& content) {
    text("metadata.jsonl", content);
    return message(ErrorKind::kInvalidInput);
  };
  EXPECT_THAT(jsonl("\n{\"file_name\": "), HasSubstr("metadata.jsonl:2] is not valid JSON"));
  EXPECT_THAT(jsonl("[1]"), HasSubstr("got array"));
  EXPECT_THAT(jsonl("{\"image\": \"a.png\"}"), HasSubstr("expected a column 'file_name'"));
  EXPECT_THAT(jsonl("{\"file_name\": \"a.png\", \"text\": 3}"), HasSubstr("'text' is number"));
  EXPECT_THAT(jsonl("{\"file_name\": \"a.png\", \"text\": \"x\"}\n{\"file_name\": \"./a.png\", "
                    "\"text\": \"y\"}"),
              HasSubstr("metadata.jsonl:2] 'a.png' is listed twice"));
  EXPECT_THAT(jsonl("{\"file_name\": \"metadata.jsonl\", \"text\": \"x\"}"),
              HasSubstr("expected png"));
  text("metadata.jsonl", "{\"file_name\": \"z.png\", \"text\": \"x\"}");
  EXPECT_THAT(message(ErrorKind::kNotFound), HasSubstr("do not exist: z.png"));
  fs::remove(folder_ / "metadata.jsonl");
  const auto csv = [&](const std::string& content) {
    text("metadata.csv", content);
    return message(ErrorKind::kInvalidInput);
  };
  EXPECT_THAT(csv("file_name,text\na.png,x,y\n"),
              HasSubstr("metadata.csv:2] got 3 fields, expected 2"));
  EXPECT_THAT(csv("file_name,text\na.png,\"x\n"), HasSubstr("never closes"));
  EXPECT_THAT(csv("name,text\n"), HasSubstr("expected a column 'file_name'"));
  EXPECT_THAT(csv("file_name,text\na.png,\xFF\n"), HasSubstr("not UTF-8"));
}

TEST(Permuted, HitsEveryNumberOnceAndDependsOnTheKey) {
  for (uint64_t count : {1, 2, 3, 17, 64, 1000}) {
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < count; ++i) seen.insert(permuted(42, i, count));
    EXPECT_EQ(seen.size(), count);
    EXPECT_LT(*seen.rbegin(), count);
  }
  int same = 0;
  for (uint64_t i = 0; i < 1000; ++i) same += permuted(1, i, 1000) == permuted(2, i, 1000);
  EXPECT_LT(same, 20);
}

TEST_F(ImageFolder, HandsOutSquaresFromTheCentre) {
  picture("a.png", 32, 8);
  const ImageFolderDataset data({{folder_ / "a.png", "wide"}}, {.size = 4});
  const ImageFolderDataset::Item item = data.item(1, 0);
  EXPECT_EQ(item.image.width, 4);
  EXPECT_EQ(item.image.height, 4);
  EXPECT_EQ(item.caption, "wide");
  EXPECT_GT(item.image.at(0, 0)[0], 200);  // the colours meet in the middle
  EXPECT_GT(item.image.at(3, 0)[2], 200);
}

TEST_F(ImageFolder, ItemsDependOnSeedAndIndexAlone) {
  std::vector<CaptionedImage> entries;
  for (int i = 0; i < 5; ++i) {
    const std::string name = std::to_string(i) + ".png";
    picture(name, 24, 10, static_cast<uint8_t>(40 * i));
    entries.push_back({folder_ / name, name});
  }
  const ImageFolderDataset data(entries, {.size = 8, .random_crop = true, .flip = true});
  std::vector<ImageFolderDataset::Item> forward;
  for (uint64_t i = 0; i < 20; ++i) forward.push_back(data.item(3, i));
  std::vector<ImageFolderDataset::Item> backward(20);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = t; i < 20; i += 2) backward[19 - i] = data.item(3, 19 - i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> crops;
  std::vector<std::vector<size_t>> epochs(4);
  for (uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(forward[i].image, backward[i].image);
    EXPECT_EQ(forward[i].caption, backward[i].caption);
    epochs[i / 5].push_back(forward[i].source);
    const std::vector<uint8_t>& pixels = forward[i].image.pixels;
    if (forward[i].source == 0) crops.emplace(pixels.begin(), pixels.end());
  }
  EXPECT_GT(crops.size(), 1u);
  bool reordered = false;
  for (std::vector<size_t> epoch : epochs) {
    reordered |= epoch != epochs[0];
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, (std::vector<size_t>{0, 1, 2, 3, 4}));
  }
  EXPECT_TRUE(reordered);
}

TEST_F(ImageFolder, RefusesAnUnreadablePicture) {
  text("a.png", "not a picture at all");
  const ImageFolderDataset data({{folder_ / "a.png", "x"}}, {.size = 8});
  try {
    data.item(0, 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a.png"));
  }
  EXPECT_THROW(ImageFolderDataset({}, {}), Error);
}

}  // namespace
}  // namespace lienzo::datasets
