# Everything the library needs from outside; docs/dependencies.md gives the reason for each. The installed
# package includes this file too, so that a consumer finds the same libraries.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(ZLIB REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Torch REQUIRED)
pkg_check_modules(VIPS REQUIRED IMPORTED_TARGET vips)
