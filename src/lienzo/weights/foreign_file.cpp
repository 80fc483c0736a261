#include "lienzo/weights/foreign_file.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lienzo/weights/byte_reader.h"

namespace lienzo::weights {

namespace {

constexpr size_t kLooked = 1024;

struct Foreign {
  size_t offset;
  std::string_view bytes;
  std::string_view words;
};

constexpr std::string_view kConvert = "; expected safetensors, a PyTorch file or GGUF";

constexpr std::array kForeign = {
    Foreign{0,
            "version https://git-lfs.github.com/spec",
            "a Git LFS pointer, which stands for a file that was not downloaded; run `git lfs "
            "pull` in its repository, or download the file itself"},
    Foreign{0, "\x89HDF", "an HDF5 file, as Keras writes them"},
    Foreign{0, "lmgg", "a GGML file from before GGUF; convert the model again"},
    Foreign{0, "fmgg", "a GGML file from before GGUF; convert the model again"},
    Foreign{0, "tjgg", "a GGML file from before GGUF; convert the model again"},
    Foreign{0, "\x1f\x8b", "a file packed by gzip; unpack it first"},
    Foreign{0, "7z\xbc\xaf\x27\x1c", "a file packed by 7-Zip; unpack it first"},
    Foreign{0, "Rar!", "a file packed by RAR; unpack it first"},
    Foreign{0, "\x28\xb5\x2f\xfd", "a file packed by Zstandard; unpack it first"},
    Foreign{0, "PK\x05\x06", "an empty zip archive; download it again"},
    Foreign{257, "ustar", "a tar archive; unpack it first"},
    Foreign{0, "\x93NUMPY", "a NumPy array"},
    Foreign{0, "\x89PNG", "a picture"},
    Foreign{0, "\xff\xd8\xff", "a picture"},
    Foreign{0,
            "\x80",
            "a Python pickle that torch.save did not write; only parts of pickles that hold "
            "tensors can be read"},
};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::string describe_foreign_file(std::span<const std::byte> file) {
  const std::string_view start = as_text(file.first(std::min(file.size(), kLooked)));
  if (start.empty()) return "an empty file; download it again";
  if (start.find_first_not_of('\0') == std::string_view::npos) {
    return "a file that begins with " + std::to_string(start.size()) +
           " zeros; the file may be an unfinished download";
  }
  for (const Foreign& foreign : kForeign) {
    if (start.size() < foreign.offset) continue;
    if (start.substr(foreign.offset).starts_with(foreign.bytes)) {
      const bool advises = foreign.words.find(';') != std::string_view::npos;
      return std::string(foreign.words) + std::string(advises ? "" : kConvert);
    }
  }
  const size_t first = std::min(start.find_first_not_of(" \t\r\n"), start.size());
  const std::string text = lower_case(start.substr(first));
  if (text.starts_with("<!doctype html") || text.starts_with("<html") ||
      text.starts_with("<?xml")) {
    return "a web page and not the file itself, as servers send them for errors or before a "
           "licence was accepted; download it again";
  }
  return "no weight file" + std::string(kConvert);
}

}  // namespace lienzo::weights
