# Help, version and every way to mistype a command line.
. "$(dirname "$0")/transcript.sh"

expect 0 'lienzo 0.' "$lienzo" --version
expect 0 'Exit codes: 0 done' "$lienzo" --help
expect 0 '--show-scene' "$lienzo" help imagine
expect 0 'contact sheet' "$lienzo" help dataset preview
expect 0 'Examples:' "$lienzo" train --help
expect 2 "no command 'imagin', did you mean 'imagine'?" "$lienzo" imagin
expect 2 'lienzo imagine "un cubo rojo"' "$lienzo" 'un cubo rojo'
expect 2 "unknown option '--sede', did you mean '--seed'?" "$lienzo" imagine 'a cube' --sede 3
expect 2 'expected one of: euler' "$lienzo" imagine 'a cube' --sampler eulre
expect 2 'is empty; say what to draw' "$lienzo" imagine ''
expect 2 'is 5000 characters long' "$lienzo" imagine "$(printf 'a%.0s' {1..5000})"
expect 2 'is not valid UTF-8' "$lienzo" imagine "$(printf 'cubo \xff')"
expect 2 'impossible size 0x256' "$lienzo" imagine 'a cube' --size 0x256
expect 2 "cannot read 'big'" "$lienzo" imagine 'a cube' --size big
expect 2 '--steps' "$lienzo" imagine 'a cube' --steps 100000

# No command is a mistake too, but one that is answered with help.
"$lienzo" >stdout 2>stderr
[ $? -eq 2 ] && grep -q 'Commands:' stderr || fail 'no help for an empty command line'
finish
