# The small world: a contact sheet, and a folder of captioned pictures.
. "$(dirname "$0")/transcript.sh"

expect 0 'sheet.png' "$lienzo" dataset preview -n 4 --size 64 -o sheet.png
cp sheet.png first.png
expect 0 'sheet.png' "$lienzo" dataset preview -n 4 --size 64 -o sheet.png
cmp -s sheet.png first.png || fail 'two previews of one seed differ'
expect 0 'sheet.png' "$lienzo" dataset preview -n 4 --size 64 --seed 2 -o sheet.png
! cmp -s sheet.png first.png || fail 'two seeds give one preview'
expect 2 "'gif'" "$lienzo" dataset preview -o sheet.gif

expect 0 'pictures' "$lienzo" dataset write pictures -n 5 --size 32 --language es
[ "$(ls pictures/*.png | wc -l)" -eq 5 ] || fail 'not five pictures'
[ "$(grep -c '"text":' pictures/metadata.jsonl)" -eq 5 ] || fail 'not five captions'
expect 2 'exists already' "$lienzo" dataset write pictures -n 5
mkdir here
for name in . ./ '' "$work/here" ../here nowhere/..; do
  expect 2 'is the current folder' env -C here "$program" dataset write "$name" -n 2 --size 32
done
[ -z "$(ls -A here)" ] && [ ! -e here.partial ] || fail 'something was written into or beside the current folder'
ln -s nowhere link
expect 2 'link exists already' "$lienzo" dataset write link -n 2 --size 32
expect 0 'here/' "$lienzo" dataset write here/ -n 010 --size 32
[ "$(ls here/*.png | wc -l)" -eq 10 ] || fail '-n 010 is not ten'

# Ctrl-C leaves nothing.
"$program" dataset write many -n 1000000 >stdout 2>stderr &
for _ in {1..300}; do
  [ -e many.partial/000001.png ] && break
  sleep 0.1
done
kill -INT $!
wait $!
code=$?
[ "$code" -eq 130 ] || fail "exit code $code instead of 130 after Ctrl-C"
[ ! -e many ] && [ ! -e many.partial ] || fail 'an interrupted set was left behind'
finish
