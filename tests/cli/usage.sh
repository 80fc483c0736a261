# Help, version and every way to mistype a command line.
. "$(dirname "$0")/transcript.sh"

expect 0 'lienzo 0.' "$program" --version
expect 0 'Exit codes: 0 done' "$lienzo" --help
expect 0 '--show-scene' "$lienzo" help imagine
expect 0 'contact sheet' "$lienzo" help dataset preview
expect 0 'Examples:' "$lienzo" train --help
expect 2 "no command 'imagin', did you mean 'imagine'?" "$lienzo" imagin
expect 2 'lienzo imagine "un cubo rojo"' "$lienzo" 'un cubo rojo'
expect 2 "--seed is given more than once" "$lienzo" imagine 'a cube' --seed 3 --seed 4
expect 2 "--seed needs a value: SEED" "$lienzo" imagine 'a cube' --seed
expect 2 "--eta: got 'aaa" "$lienzo" imagine 'a cube' --eta "$(head -c 200000 /dev/zero | tr '\0' a)"
expect 2 "--guidance: got 'much', expected a number" "$lienzo" imagine 'a cube' --guidance much
expect 2 "put -- before it: lienzo imagine ... -- '-a cube'" "$lienzo" imagine '-a cube'
expect 2 "options go before it" "$lienzo" imagine -- '-a cube' --steps 3
expect 2 "unknown option '--sede', did you mean '--seed'?" "$lienzo" imagine 'a cube' --sede 3
expect 2 'Expected one of: euler' "$lienzo" imagine 'a cube' --sampler eulre
expect 2 'is empty; say what to draw' "$lienzo" imagine ''
expect 2 'is 5000 characters long' "$lienzo" imagine "$(printf 'a%.0s' {1..5000})"
expect 2 'is not valid UTF-8' "$lienzo" imagine "$(printf 'cubo \xff')"
expect 2 'impossible size 0x256' "$lienzo" imagine 'a cube' --size 0x256
expect 2 "cannot read 'big'" "$lienzo" imagine 'a cube' --size big
expect 2 '--steps' "$lienzo" imagine 'a cube' --steps 100000

# Numbers are decimal and whole, never turned into others.
for seed in -1 99999999999999999999 18446744073709551616 0x10 1e3 7.0 ''; do
  expect 2 "got '$seed', expected a whole number from 0 to 18446744073709551615" "$lienzo" imagine 'a cube' --seed "$seed"
done
for command in 'dataset preview' 'dataset write pictures' 'evaluate faithfulness' 'train preview-noise picture.png'; do
  expect 2 "--seed: got '-1', expected a whole number" "$lienzo" $command --seed -1
done
for count in 0 -1 010001 99999999999999999999 0x10 ten; do
  expect 2 "got '$count', expected a whole number from 1 to 10000" "$lienzo" imagine 'a cube' -n "$count"
done
# The folder of data cannot be made: a number that is taken does not start a server.
for value in nan inf -1 1e300 0x10 ten ''; do
  for option in '--memory' '--simulate' '--simulate-pass' '--largest-job' '--keep-gb'; do
    expect 2 "got '$value', expected a number from 0 to" "$lienzo" serve $option "$value" --data /dev/null/none
  done
  expect 2 "got '$value', expected a number from 1 to 1e+18" "$lienzo" key create a --largest "$value" --data /dev/null/none
done
expect 7 '--data' "$lienzo" serve --memory 0.5 --largest-job 1e18 --data /dev/null/none

# Examples are those of the command.
for command in evaluate dataset model help completion; do
  expect 0 "lienzo $command " "$lienzo" $command --help
  ! grep -q 'lienzo imagine "' stdout || fail "examples of imagine in $command --help"
done

# No command is a mistake too, but one that is answered with help.
"$program" >stdout 2>stderr
[ $? -eq 2 ] && grep -q 'Commands:' stderr || fail 'no help for an empty command line'
finish
