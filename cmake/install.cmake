# The installed tree: bin/lienzo, headers, one static library per folder, the models, and a CMake package so that
# find_package(lienzo) gives lienzo::lienzo (everything but the command line) and lienzo::<folder>.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(lienzo_modules GLOBAL PROPERTY LIENZO_MODULES)
list(REMOVE_ITEM lienzo_modules lienzo_cli)

add_library(lienzo_all INTERFACE)
add_library(lienzo::lienzo ALIAS lienzo_all)
set_target_properties(lienzo_all PROPERTIES EXPORT_NAME lienzo)
target_link_libraries(lienzo_all INTERFACE ${lienzo_modules})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/lienzo)
install(TARGETS ${lienzo_modules} lienzo_all EXPORT lienzo_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT lienzo_targets NAMESPACE lienzo:: FILE lienzoTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/lienzoConfig.cmake.in ${PROJECT_BINARY_DIR}/lienzoConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lienzoConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lienzoConfig.cmake ${PROJECT_BINARY_DIR}/lienzoConfigVersion.cmake
              cmake/dependencies.cmake
        DESTINATION ${package_dir})

install(DIRECTORY src/lienzo DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
        PATTERN "cli" EXCLUDE)
if(EXISTS ${PROJECT_SOURCE_DIR}/models)
  install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/lienzo/models)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/lienzo)

if(TARGET lienzo)
  # Keeps a libtorch outside the system's folders findable.
  set_target_properties(lienzo PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin
                                          INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS lienzo RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
