#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "lienzo/base/file.h"
#include "lienzo/base/parse_json.h"
#include "lienzo/weights/tensor_index.h"

namespace lienzo::checkpoints {

/// A tiny model of tools/golden/stable_diffusion.
inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(LIENZO_TEST_DATA "/golden/stable_diffusion") / name;
}

inline const std::vector<std::string> kWholeFamilies = {
    "sd1", "sd1_inpaint", "sd2", "sdxl", "sdxl_refiner"};

using Shapes = std::map<std::string, std::vector<int64_t>>;

/// A list of tools/golden/stable_diffusion/names.py: "conv_in.weight 320x4x3x3" a line.
inline Shapes names_of(const std::string& network) {
  const std::string path = LIENZO_TEST_DATA "/golden/names/" + network + ".txt";
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  Shapes shapes;
  std::string line;
  while (std::getline(file, line)) {
    const size_t space = line.find(' ');
    std::vector<int64_t>& shape = shapes[line.substr(0, space)];
    std::istringstream lengths(line.substr(space + 1));
    for (std::string length; std::getline(lengths, length, 'x');)
      shape.push_back(std::stoll(length));
  }
  return shapes;
}

inline Json config_of(const std::string& network) {
  const std::string path = LIENZO_TEST_DATA "/golden/names/" + network + ".json";
  return parse_json(read_text_file(path), path);
}

/// A table of contents with those names, all of type F16.
inline weights::TensorIndex index_of(const Shapes& shapes,
                                     std::map<std::string, std::string> metadata = {}) {
  std::vector<weights::TensorInfo> infos;
  for (const auto& [name, shape] : shapes)
    infos.push_back({.name = name, .dtype = weights::DType::kF16, .shape = shape});
  return weights::TensorIndex(std::move(infos), std::move(metadata), "test");
}

inline Shapes shapes_of(const weights::TensorIndex& index) {
  Shapes shapes;
  for (const weights::TensorInfo& tensor : index.tensors()) shapes[tensor.name] = tensor.shape;
  return shapes;
}

inline Shapes with_prefix(const Shapes& shapes, const std::string& prefix) {
  Shapes result;
  for (const auto& [name, shape] : shapes) result[prefix + name] = shape;
  return result;
}

}  // namespace lienzo::checkpoints
