# Everything the library needs from outside; docs/dependencies.md gives the reason for each. The installed
# package includes this file too, so that a consumer finds the same libraries.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(ZLIB REQUIRED)
find_package(CURL 7.85 REQUIRED)
find_package(SQLiteCpp REQUIRED)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Torch REQUIRED)
# A wheel's LibTorch brings the headers of another fmt, which the compiler finds before those of the library.
set(LIENZO_FMT fmt::fmt)
get_target_property(fmt_headers fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
foreach(directory ${TORCH_INCLUDE_DIRS})
  if(EXISTS ${directory}/fmt/format.h AND NOT directory IN_LIST fmt_headers)
    set(LIENZO_FMT fmt::fmt-header-only)
  endif()
endforeach()
pkg_check_modules(VIPS REQUIRED IMPORTED_TARGET vips)
# oneDNN 2.6 or later of version 2, without its CMake package, which asks for OpenCL. Its headers are those that
# belong to the library: a wheel's LibTorch brings others, of a oneDNN that it keeps to itself. A consumer of the
# installed package finds the library in the link interface.
if(LIENZO_ONEDNN)
  find_library(LIENZO_ONEDNN_LIBRARY dnnl)
  get_filename_component(onednn_folder "${LIENZO_ONEDNN_LIBRARY}" DIRECTORY)
  find_path(LIENZO_ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl_version.h NO_DEFAULT_PATH
    PATHS ${onednn_folder}/../include ${onednn_folder}/../../include)
  set(onednn_version "")
  if(LIENZO_ONEDNN_INCLUDE_DIR AND LIENZO_ONEDNN_LIBRARY)
    file(STRINGS ${LIENZO_ONEDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h onednn_lines
      REGEX "DNNL_VERSION_(MAJOR|MINOR) ")
    string(REGEX REPLACE "[^0-9]+([0-9]+)[^0-9]+([0-9]+)" "\\1.\\2" onednn_version "${onednn_lines}")
  endif()
  if(NOT onednn_version VERSION_GREATER_EQUAL 2.6 OR onednn_version VERSION_GREATER_EQUAL 3)
    message(FATAL_ERROR "oneDNN 2.6 to 2.x was not found (got: '${onednn_version}'). Install libdnnl-dev, or do without "
                        "its speed: -DLIENZO_ONEDNN=OFF.")
  endif()
endif()
