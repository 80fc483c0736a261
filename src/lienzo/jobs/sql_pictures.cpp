#include <fmt/format.h>

#include <charconv>
#include <set>

#include "lienzo/base/error.h"
#include "lienzo/jobs/rows.h"
#include "lienzo/jobs/sql_store.h"
#include "lienzo/text/fold.h"

namespace lienzo::jobs {
namespace {

constexpr size_t kMostWords = 64;  // of a search

std::vector<std::string> words_of(const std::string& search) {
  check_text(search, "text of a search");
  const std::string blanked = text::collapse_blanks(text::fold(search));
  std::vector<std::string> words;
  for (size_t begin = 0; begin < blanked.size();) {
    const size_t end = std::min(blanked.find(' ', begin), blanked.size());
    if (end > begin) words.push_back(blanked.substr(begin, end - begin));
    begin = end + 1;
  }
  if (words.size() > kMostWords) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[jobs] text of a search, got {} words, expected at most {}",
                            words.size(),
                            kMostWords));
  }
  return words;
}

int64_t seq_of_cursor(const std::string& cursor) {
  int64_t seq = 0;
  const char* end = cursor.data() + cursor.size();
  const auto [rest, problem] = std::from_chars(cursor.data(), end, seq);
  if (problem != std::errc{} || rest != end) {
    throw Error(
        ErrorKind::kInvalidInput,
        "[jobs] not a cursor of a page of pictures; take the one that the page before gave");
  }
  return seq;
}

// " WHERE id = $1 AND owner = $2"; everybody's without an owner.
Statement with_picture(std::string start, const std::string& owner, const std::string& id) {
  Statement statement(std::move(start));
  statement.add(" WHERE id = ").bind(Value(storable_text(id)));
  if (!owner.empty()) statement.add(" AND owner = ").bind(Value(storable_text(owner)));
  return statement;
}

// Their ids; each is a Removal.
std::set<std::string> remove_pictures(Transaction& tx,
                                      const std::string& which,
                                      const Values& values) {
  std::set<std::string> ids;
  if (tx.run("SELECT 1 FROM pictures" + which + " LIMIT 1", values).empty()) return ids;
  Removal removal;
  removal.change = next_changes(tx);  // before rows of pictures, as all lock them
  for (const Values& row :
       tx.run("DELETE FROM pictures" + which + " RETURNING owner, job, id", values)) {
    if (!ids.empty()) removal.change = next_changes(tx);
    removal.owner = text(row.at(0));
    removal.job = text(row.at(1));
    removal.picture = text(row.at(2));
    note_removal(tx, removal);
    ids.insert(removal.picture);
  }
  return ids;
}

}  // namespace

std::optional<PictureRow> SqlStore::find_picture(const std::string& owner, const std::string& id) {
  Statement query =
      with_picture(fmt::format("SELECT {} FROM pictures", kPictureColumns), owner, id);
  query.add(" ORDER BY seq DESC LIMIT 1");
  return read([&](Transaction& tx) -> std::optional<PictureRow> {
    const Rows rows = tx.run(query.sql, query.values);
    if (rows.empty()) return std::nullopt;
    return picture_from_row(rows[0]);
  });
}

PicturePage SqlStore::list_pictures(const PictureFilter& filter) {
  if (filter.limit < 1 || filter.limit > 500) {
    throw Error(ErrorKind::kInvalidInput,
                fmt::format("[jobs] limit, got {}, expected 1 to 500", filter.limit));
  }
  Statement query(fmt::format("SELECT {} FROM pictures WHERE 1 = 1", kPictureColumns));
  const auto contains = [&](std::string_view column, const std::string& part) {
    query.add(fmt::format(" AND {}({}, ", database_->position_function(), column));
    query.bind(Value(part)).add(") > 0");
  };
  const auto equals = [&](std::string_view column, const std::string& value) {
    if (!value.empty())
      query.add(fmt::format(" AND {} = ", column)).bind(Value(storable_text(value)));
  };
  equals("owner", filter.owner);
  equals("model", filter.model);
  equals("job", filter.job);
  for (const std::string& word : words_of(filter.text)) contains("folded", word);
  if (!filter.tag.empty()) contains("tags", tag_line(filter.tag));
  if (filter.from) query.add(" AND created >= ").bind(Value(*filter.from));
  if (filter.until) query.add(" AND created < ").bind(Value(*filter.until));
  if (!filter.before.empty()) query.add(" AND seq < ").bind(Value(seq_of_cursor(filter.before)));
  // One more than asked for says whether another page follows.
  query.add(" ORDER BY seq DESC LIMIT ").bind(Value(int64_t{filter.limit} + 1));
  return read([&](Transaction& tx) {
    PicturePage page;
    std::string cursor;
    for (const Values& row : tx.run(query.sql, query.values)) {
      if (static_cast<int>(page.pictures.size()) == filter.limit) {
        page.next = cursor;
        break;
      }
      page.pictures.push_back(picture_from_row(row));
      cursor = std::to_string(integer(row.at(0)));
    }
    return page;
  });
}

std::vector<PictureRow> SqlStore::pictures_of(const std::vector<std::string>& jobs) {
  if (jobs.empty()) return {};
  Statement query(fmt::format("SELECT {} FROM pictures WHERE job IN ", kPictureColumns));
  query.bind_list(jobs).add(" ORDER BY job, idx");
  return read([&](Transaction& tx) {
    std::vector<PictureRow> pictures;
    for (const Values& row : tx.run(query.sql, query.values))
      pictures.push_back(picture_from_row(row));
    return pictures;
  });
}

bool SqlStore::set_tags(const std::string& owner,
                        const std::string& id,
                        const std::vector<std::string>& tags) {
  Statement update("UPDATE pictures SET tags = ");
  update.bind(Value(tag_lines(tags))).add(" WHERE id = ").bind(Value(storable_text(id)));
  if (!owner.empty()) update.add(" AND owner = ").bind(Value(storable_text(owner)));
  update.add(" RETURNING seq");
  return write([&](Transaction& tx) { return !tx.run(update.sql, update.values).empty(); });
}

bool SqlStore::remove_picture(const std::string& owner, const std::string& id) {
  const Statement which = with_picture("", owner, id);
  return write(
      [&](Transaction& tx) { return !remove_pictures(tx, which.sql, which.values).empty(); });
}

bool SqlStore::is_referenced(const std::string& picture_id) {
  return read([&](Transaction& tx) {
    return !tx.run(
                  "SELECT 1 FROM pictures WHERE id = $1 UNION ALL SELECT 1 FROM inputs WHERE file "
                  "= $1 LIMIT 1",
                  {storable_text(picture_id)})
                .empty();
  });
}

std::vector<std::string> SqlStore::expire_pictures(std::optional<Millis> older_than,
                                                   int64_t most_bytes) {
  return write([&](Transaction& tx) {
    std::set<std::string> ids;
    const auto remove = [&](const std::string& condition, const Values& values) {
      ids.merge(remove_pictures(tx, " WHERE " + condition, values));
    };
    if (older_than) remove("created < $1", {*older_than});
    if (most_bytes > 0) {
      // From the newest on, each file counted once.
      remove(
          "seq IN (SELECT seq FROM (SELECT seq, sum(own) OVER (ORDER BY seq DESC) AS total FROM "
          "(SELECT seq, CASE WHEN row_number() OVER (PARTITION BY id ORDER BY seq DESC) = 1 THEN "
          "bytes ELSE 0 END AS own FROM pictures) AS sizes) AS totals WHERE total > $1)",
          {most_bytes});
    }
    return std::vector<std::string>(ids.begin(), ids.end());
  });
}

}  // namespace lienzo::jobs
