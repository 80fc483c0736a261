#include "lienzo/image/xmp.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>

#include "lienzo/base/utf8.h"

namespace lienzo::image {
namespace {

constexpr std::string_view kHead =
    "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
    "<rdf:Description rdf:about=\"\" xmlns:lienzo=\"urn:lienzo:text:1\">";
constexpr std::string_view kTail = "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>";

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\r': out += "&#13;"; break;  // bare, an XML reader would turn it into a line feed
      case '\t':
      case '\n': out += c; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::optional<std::string> entity(std::string_view name) {
  if (name == "amp") return "&";
  if (name == "lt") return "<";
  if (name == "gt") return ">";
  if (name == "quot") return "\"";
  if (name == "apos") return "'";
  if (name.size() < 2 || name[0] != '#') return std::nullopt;
  const bool hex = name[1] == 'x';
  const auto digits = name.substr(hex ? 2 : 1);
  uint32_t code = 0;
  const auto [end, status] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  const bool scalar = code > 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
  if (status != std::errc() || end != digits.data() + digits.size() || !scalar) return std::nullopt;
  return encode_utf8(std::u32string(1, static_cast<char32_t>(code)));
}

std::string unescape(std::string_view text) {
  constexpr size_t kLongestEntity = 10;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const auto ahead = text.substr(i + 1, kLongestEntity);
      const size_t length = ahead.find(';');
      if (length != std::string_view::npos) {
        if (const auto value = entity(ahead.substr(0, length))) {
          out += *value;
          i += length + 1;
          continue;
        }
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace

std::string make_xmp(const TextEntries& text) {
  std::string out(kHead);
  for (const auto& [key, value] : text)
    out += fmt::format("<lienzo:{0}>{1}</lienzo:{0}>", key, escape(value));
  out += kTail;
  return out;
}

TextMap read_xmp(std::string_view xmp) {
  constexpr std::string_view kOpen = "<lienzo:";
  TextMap out;
  if (!is_valid_utf8(xmp)) return out;
  size_t at = xmp.find(kOpen);
  while (at != std::string_view::npos) {
    const size_t key_begin = at + kOpen.size();
    const size_t key_end = xmp.find('>', key_begin);
    if (key_end == std::string_view::npos) break;
    const std::string key(xmp.substr(key_begin, key_end - key_begin));
    const size_t value_end = xmp.find("</lienzo:" + key + ">", key_end);
    if (value_end == std::string_view::npos) break;
    out.emplace(key, unescape(xmp.substr(key_end + 1, value_end - key_end - 1)));
    at = xmp.find(kOpen, value_end);
  }
  return out;
}

}  // namespace lienzo::image
