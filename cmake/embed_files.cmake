# lienzo_embed_files(<target> <source.cpp> <folder>)
# Makes <source.cpp>, which brings the files of <folder> into the program: http/studio.h, studio_files().
function(lienzo_embed_files target source folder)
  file(GLOB_RECURSE files RELATIVE ${folder} CONFIGURE_DEPENDS ${folder}/*)
  set(blocks "")
  set(declarations "")
  set(entries "")
  set(paths "")
  set(index 0)
  foreach(file ${files})
    set(symbol lienzo_embedded_${index})
    string(APPEND blocks
      "asm(\".section .rodata\\n.global ${symbol}\\n${symbol}:\\n.incbin \\\"${folder}/${file}\\\"\\n\"\n"
      "    \".global ${symbol}_end\\n${symbol}_end:\\n.byte 0\\n.text\\n\");\n")
    string(APPEND declarations "extern const char ${symbol}[], ${symbol}_end[];\n")
    string(APPEND entries "      {\"${file}\", {${symbol}, static_cast<size_t>(${symbol}_end - ${symbol})}},\n")
    list(APPEND paths ${folder}/${file})
    math(EXPR index "${index} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT
"// Made by cmake/embed_files.cmake.
#include \"lienzo/http/studio.h\"

@blocks@
extern \"C\" {
@declarations@}

namespace lienzo::http {
std::span<const StudioFile> studio_files() {
  static const StudioFile files[] = {
@entries@  };
  return files;
}
}  // namespace lienzo::http
")
  # An object of its own: one of many sources together would not be made anew when a file changes.
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${paths}" SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${source})
endfunction()
