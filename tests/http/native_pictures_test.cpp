#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "native_fixture.h"

namespace lienzo::http {
namespace {

class NativePicturesTest : public NativeTest {
 protected:
  /// As if it had been there for years.
  void make_old(const std::string& id) {
    const timespec times[] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, blobs_.path(id).c_str(), times, 0), 0);
  }
};

TEST_F(NativePicturesTest, AnUploadThatAJobAsksForIsYoungAgain) {
  const std::string id = uploaded(flat_picture(64, 64))["id"];
  const std::string mask = uploaded(flat_picture(64, 64, 255))["id"];
  make_old(id);
  make_old(mask);
  submitted({{"task", "inpaint"}, {"model", "sd"}, {"picture", id}, {"mask", mask}});
  blobs_.sweep(std::chrono::hours(1), [](const std::string&) { return false; });
  EXPECT_TRUE(blobs_.contains(id));
  EXPECT_TRUE(blobs_.contains(mask));
  blobs_.remove(id);
  refused({{"task", "edit"}, {"model", "sd"}, {"picture", id}}, 400, "invalid_input", "picture");
}

}  // namespace
}  // namespace lienzo::http
